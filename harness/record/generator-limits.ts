/** From where on the generator is a suspect: by these it owns up while it measures, and by the same ones its record is judged. */

/** A thread that uses more of its core than this has no rest: what has come may lie unread. As a share of one core. */
const MAX_CPU = 0.95
/** A message may be sent this late (p99, in ms) and the load still be called the one that was asked for; it is far from any SLA. */
export const MAX_SEND_LAG_P99_MS = 50

/** Whether a thread had no rest. Where its CPU is not known, its lag and its loop's delay alone speak for it. */
export function isWithoutRest(cpu: number | null): boolean {
  return cpu !== null && cpu > MAX_CPU
}
