/** For tests: a small plan, made as every plan is made. */
import { createPlan, type Plan } from '../scenario/plan.ts'
import { scenarioSchema } from '../scenario/scenario.ts'

/** `changes` to 10 users in 3 channels, 2 each, 50 messages a second for 2 s. */
export function smallPlan(changes: Record<string, unknown> = {}, seed = 5): Plan {
  const scenario = scenarioSchema.parse({
    name: 'small plan',
    users: 10,
    channels: 3,
    membership: { kind: 'fixed', channelsPerUser: 2 },
    arrival: { model: 'open', ratePerSecond: 50 },
    phases: [
      { name: 'hold', kind: 'hold', seconds: 2 },
      { name: 'drain', kind: 'drain', seconds: 5 },
    ],
    ...changes,
  })
  return createPlan(scenario, seed)
}

export function membersOf(plan: Plan, channel: number): number[] {
  return Array.from({ length: plan.users }, (_, user) => user).filter(user =>
    plan.memberChannels.subarray(plan.memberOffsets[user], plan.memberOffsets[user + 1]).includes(channel),
  )
}
