import { expect, test } from 'vitest'
import { FLOOR_PER_SECOND, STEPS } from '../room-capacity.ts'
import { overloadScenario } from './shedding.ts'

test.each([FLOOR_PER_SECOND, ...STEPS])('a server that carries %d messages a second can be sent three times as many', perSecond => {
  const { arrival, phases } = overloadScenario(perSecond, 1000)
  expect(arrival).toMatchObject({ model: 'open', ratePerSecond: perSecond / 2 })
  expect(phases.find(({ kind }) => kind === 'spike')).toMatchObject({ load: 6, overload: true })
})
