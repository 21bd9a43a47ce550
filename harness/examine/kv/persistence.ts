/** Asking a store again where it says that it is unavailable, for as long as it may be. */
import type { KvAnswer } from '../../wire/kv-client.ts'
import { StuckError, type Patience } from '../patience.ts'
import type { KvUser } from './kv-user.ts'

/** By the contract, a store may be unavailable for so long. */
export const UNAVAILABLE_MS = 5000
/** However long tries took: fewer say nothing about the store, but that this process was busy. */
const LEAST_TRIES = 3
const RETRY_MS = 50
const TRY_TIMEOUT_MS = 3000

export interface Persistence {
  readonly patience: Patience
  readonly nowMs: () => number
}

/** Reads until there is an answer. @throws StuckError after 5 s without one. */
export async function readSurely(on: Persistence, user: KvUser, key: string): Promise<KvAnswer> {
  return await surely(on, user, () => user.read(key, TRY_TIMEOUT_MS), `GET of ${JSON.stringify(key)}`)
}

/**
 * Writes until it is acknowledged; each try writes a value of its own, as one that failed may still take effect. Returns the value that was
 * acknowledged. @throws StuckError after 5 s without it.
 */
export async function writeSurely(on: Persistence, user: KvUser, key: string, value: string): Promise<string> {
  let tries = 0
  let written = value
  await surely(
    on,
    user,
    () => {
      written = tries++ === 0 ? value : `${value}~${tries}`
      return user.write(key, written, TRY_TIMEOUT_MS)
    },
    `PUT of ${JSON.stringify(key)}`,
  )
  return written
}

/** @throws StuckError after 5 s without an acknowledgement. */
export async function deleteSurely(on: Persistence, user: KvUser, key: string): Promise<void> {
  await surely(on, user, () => user.delete(key, TRY_TIMEOUT_MS), `DELETE of ${JSON.stringify(key)}`)
}

async function surely(on: Persistence, user: KvUser, ask: () => Promise<KvAnswer>, what: string): Promise<KvAnswer> {
  const startMs = on.nowMs()
  for (let tries = 1; ; tries++) {
    const answer = await ask()
    if (answer.outcome === 'ok' || answer.outcome === 'absent') return answer
    if (tries >= LEAST_TRIES && on.nowMs() - startMs > UNAVAILABLE_MS) {
      const tried = `${tries} tries in ${((on.nowMs() - startMs) / 1000).toFixed(1)} s`
      throw new StuckError(
        `Expected node ${user.node.name} to answer ${what} within 5 s, got nothing but refusals: ${tried}, the last: ${answer.reason}`,
      )
    }
    await on.patience.pause(RETRY_MS)
  }
}
