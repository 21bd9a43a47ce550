/** The plan that a broadcasting source and the receivers under test share: one channel, messages numbered through. */
import { createPlan, type Plan } from '../scenario/plan.ts'
import { scenarioSchema } from '../scenario/scenario.ts'

export const channelName = 'c0'
const BODY_BYTES = 100

/** `messages` of 100 bytes in one channel; `users` members. */
export function broadcastPlan(messages: number, users = 1): Plan {
  const scenario = scenarioSchema.parse({
    name: 'broadcast',
    users,
    channels: 1,
    membership: { kind: 'all' },
    arrival: { model: 'open', ratePerSecond: messages / 10 },
    body: { bytes: BODY_BYTES },
    phases: [{ name: 'hold', kind: 'hold', seconds: 10 }],
  })
  return createPlan(scenario, 1)
}
