/** Requests of checks that need an answer, and ask again where the store says that it is unavailable, for as long as it may be. */
import type { KvAnswer } from '../../wire/kv-client.ts'
import { StuckError, type Patience } from '../patience.ts'
import { insist } from './insist.ts'
import type { KvUser } from './kv-user.ts'

const TRY_TIMEOUT_MS = 3000

export interface Persistence {
  readonly patience: Patience
  readonly nowMs: () => number
}

/**
 * Writes until it is acknowledged; each try writes a value of its own, as one that failed may still take effect. Returns the value that was
 * acknowledged. @throws StuckError after 5 s without it, or when it is refused.
 */
export async function writeSurely(on: Persistence, user: KvUser, key: string, value: string): Promise<string> {
  let tries = 0
  let written = value
  await surely(on, user, 'a PUT', () => {
    tries += 1
    written = tries === 1 ? value : `${value}~${tries}`
    return user.write(key, written, TRY_TIMEOUT_MS)
  })
  return written
}

/** @throws StuckError after 5 s without an acknowledgement, or when it is refused. */
export async function deleteSurely(on: Persistence, user: KvUser, key: string): Promise<void> {
  await surely(on, user, 'a DELETE', () => user.delete(key, TRY_TIMEOUT_MS))
}

async function surely(on: Persistence, { node }: KvUser, what: string, ask: () => Promise<KvAnswer>): Promise<void> {
  const { outcome, reason } = await insist(on.patience, on.nowMs, `${what} of node ${node.name}`, ask)
  if (outcome !== 'ok') throw new StuckError(`Expected ${what} of node ${node.name} to be acknowledged, got ${reason}.`)
}
