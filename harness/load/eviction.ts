/** When is a close that the server began an eviction, and when has nothing provoked it? */
import type { PlanCohort } from '../scenario/plan-cohorts.ts'
import type { Plan } from '../scenario/plan.ts'

/** What the protocol asks a server to bear: such pauses of a reader that keeps up on average, and so much due to it meanwhile (s2.eviction, s2.recovery). */
const MAX_BEARABLE_PAUSE_MS = 500
const MAX_BEARABLE_BYTES = 256 * 1024
/** Field names, the channel's name and framing, beside the body. */
const ENVELOPE_BYTES = 100
/** Our pauses begin and end this much late, and a server takes its time to notice. */
const SLACK_MS = 100

/** Had this user, a slow reader or about to be one, left anything unread that a server might close its connection for at `atMs`? */
export function mayBeEvicted(plan: Plan, user: number, atMs: number): boolean {
  const cohort = plan.cohorts[plan.cohortOf[user] ?? 0]
  if (cohort === undefined || cohort.reading === 'full' || atMs < cohort.fromMs) return false
  if (cohort.reading !== 'pausing' || !keepsUp(cohort) || plan.closed !== null) return true
  return bytesDue(plan, user, atMs - cohort.pauseMs - SLACK_MS, atMs) > MAX_BEARABLE_BYTES
}

/** At full speed for at least half of the time, and never away for long. */
function keepsUp({ pauseMs, everyMs }: Extract<PlanCohort, { reading: 'pausing' }>): boolean {
  return pauseMs <= MAX_BEARABLE_PAUSE_MS && pauseMs * 2 <= everyMs
}

function bytesDue({ messages, memberChannels, memberOffsets }: Plan, user: number, fromMs: number, toMs: number): number {
  const channels = new Set(memberChannels.subarray(memberOffsets[user], memberOffsets[user + 1]))
  let bytes = 0
  for (let i = firstDue(messages.dueMs, fromMs); i < messages.count && (messages.dueMs[i] ?? 0) <= toMs; i++) {
    if (channels.has(messages.channel[i] ?? 0)) bytes += (messages.bodyBytes[i] ?? 0) + ENVELOPE_BYTES
  }
  return bytes
}

/** The first of ascending times that is not before `atMs`. */
function firstDue(dueMs: Float64Array, atMs: number): number {
  let low = 0
  let high = dueMs.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((dueMs[middle] ?? 0) < atMs) low = middle + 1
    else high = middle
  }
  return low
}
