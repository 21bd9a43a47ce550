import type { KvAnswer } from '../../wire/kv-client.ts'
import { StuckError, type Patience } from '../patience.ts'
import { watchLag, type LagWatch } from './lag-watch.ts'

/** By the contract, a store may be unavailable for so long. */
export const UNAVAILABLE_MS = 5000
/** However long tries took: fewer say nothing about the store, but that this process was busy. Nor does time in which it was held up. */
const LEAST_TRIES = 3
const RETRY_MS = 50

/**
 * Asks again where there was no answer, or a 503, for as long as a store may be unavailable. Only for what may be asked twice: every try counts.
 *
 * @returns the first answer that is one: `ok`, `absent` or `refused`.
 * @throws StuckError after 5 s without one; `what` completes "Expected node a to answer …".
 */
export async function insist(patience: Patience, nowMs: () => number, what: string, ask: () => Promise<KvAnswer>): Promise<KvAnswer> {
  const startMs = nowMs()
  let lag: LagWatch | undefined
  try {
    for (let tries = 1; ; tries++) {
      const answer = await ask()
      if (answer.outcome !== 'pending' && answer.outcome !== 'unavailable') return answer
      lag ??= watchLag(nowMs)
      const tookMs = nowMs() - startMs
      if (tries >= LEAST_TRIES && tookMs > UNAVAILABLE_MS + lag.totalMs()) {
        throw new StuckError(
          `Expected ${what} to be answered within 5 s, got ${tries} tries without an answer in ${(tookMs / 1000).toFixed(1)} s, the last: ${answer.reason}.`,
        )
      }
      await patience.pause(RETRY_MS)
    }
  } finally {
    lag?.end()
  }
}
