/** What a user of a closed model sends. When it sends is up to the server; what it sends is not. */
import type { Plan } from './plan.ts'
import { hashedFraction } from './seeded-random.ts'

const CHANNEL = 1
const BODY = 2

/** The channel and body size of the user's message number `n` (0, 1, 2, …): the same whenever and in whatever order it is asked. */
export function closedMessage(plan: Plan, user: number, n: number): { readonly channel: number; readonly bodyBytes: number } {
  const first = plan.memberOffsets[user] ?? 0
  const channels = (plan.memberOffsets[user + 1] ?? 0) - first
  const { minBytes, maxBytes } = plan.body
  return {
    channel: plan.memberChannels[first + Math.floor(hashedFraction(plan.seed, CHANNEL, user, n) * channels)] ?? 0,
    bodyBytes: minBytes + Math.floor(hashedFraction(plan.seed, BODY, user, n) * (maxBytes - minBytes + 1)),
  }
}
