import { expect, test } from 'vitest'
import { createPlan } from './plan.ts'
import { scenarioSchema } from './scenario.ts'

test('equal seeds give equal plans, other seeds give others', () => {
  const scenario = scenarioSchema.parse({
    name: 'big',
    users: 1000,
    channels: 100,
    membership: { kind: 'zipf', channelsPerUser: 10, exponent: 1 },
    arrival: { model: 'open', process: 'poisson', ratePerSecond: 20 },
    phases: [{ name: 'hold', kind: 'hold', seconds: 100 }],
  })
  const plan = createPlan(scenario, 7)
  expect(createPlan(scenario, 7)).toEqual(plan)
  expect(createPlan(scenario, 8).messages.dueMs).not.toEqual(plan.messages.dueMs)
})
