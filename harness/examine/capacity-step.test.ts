import { describe, expect, test } from 'vitest'
import { scenarioSchema } from '../scenario/scenario.ts'
import { rateOf, stepScenario } from './capacity-step.ts'

const scenarioWith = (changes: Record<string, unknown> = {}) =>
  scenarioSchema.parse({
    name: 'brief',
    users: 200,
    channels: 1,
    membership: { kind: 'all' },
    arrival: { model: 'open', process: 'constant', ratePerSecond: 50 },
    body: { bytes: 60 },
    phases: [{ name: 'hold', kind: 'hold', seconds: 1 }],
    thresholds: { minDeliveries: 100, lost: 0 },
    ...changes,
  })

describe('a step of a search', () => {
  test('by users has that many, each as talkative as in the scenario', () => {
    const step = stepScenario(scenarioWith(), 'users', 800, false)
    expect([step.users, rateOf(step)]).toEqual([800, 200])
  })

  test('by rate has that many messages a second by the users of the scenario', () => {
    const step = stepScenario(scenarioWith(), 'rate', 800, false)
    expect([step.users, rateOf(step)]).toEqual([200, 800])
  })

  test('has phases of its own, a longer warm-up on a fresh server, and no threshold that belongs to other lengths', () => {
    const [fresh, used] = [true, false].map(isFresh => stepScenario(scenarioWith(), 'rate', 10, isFresh))
    expect(fresh?.phases.map(({ name, seconds }) => [name, seconds])).toEqual([
      ['warm-up', 4],
      ['hold', 6],
      ['drain', 15],
    ])
    expect(used?.phases[0]).toMatchObject({ seconds: 2, load: 0.5 })
    expect(used?.thresholds).toMatchObject({ lost: 0 })
    expect(used?.thresholds.minDeliveries).toBeUndefined()
  })

  test('of a closed model is as fast as its users think', () => {
    const arrival = { model: 'closed', outstandingPerUser: 2, thinkTimeMs: 500 }
    const step = stepScenario(scenarioWith({ arrival }), 'users', 100, false)
    expect([step.users, rateOf(step)]).toEqual([100, 400])
  })
})
