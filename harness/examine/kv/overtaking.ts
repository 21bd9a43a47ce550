import { StuckError } from '../patience.ts'
import type { KvCheckContext } from './kv-check.ts'
import type { KvNode } from './kv-node.ts'
import type { KvUser } from './kv-user.ts'
import { deleteSurely, writeSurely, type Persistence } from './persistence.ts'

interface Overtaking {
  readonly first: KvUser
  readonly second: KvUser
  readonly key: string
  /** The second deletes what the first wrote, instead of overwriting it. */
  readonly isDelete: boolean
}

const SEEN_WITHIN_MS = 4000
const LOOK_EVERY_MS = 5
/** A clock of whole milliseconds has moved on by then. */
const APART_MS = 5

/** One node's writes are overwritten on another as soon as that has returned them, every third deleted. Returns the keys. */
export async function overtakeMany(context: KvCheckContext, from: KvNode, to: KvNode, count: number): Promise<string[]> {
  const keys = Array.from({ length: count }, () => context.freshKey('overtaken'))
  const first = context.user(from, { connections: count })
  const second = context.user(to, { connections: count })
  await Promise.all(
    keys.map(async (key, at) => {
      try {
        await overtake(context, { first, second, key, isDelete: at % 3 === 2 })
      } catch (error) {
        // Unavailable while a link is slow or clocks are wrong: what was not acknowledged is not judged.
        if (!(error instanceof StuckError)) throw error
      }
    }),
  )
  return keys
}

/**
 * One user writes, and another, as soon as its node has returned that, writes over it. Where it is not returned in time, nothing is written
 * over it. @throws StuckError where a node does not acknowledge.
 */
async function overtake(on: Persistence, { first, second, key, isDelete }: Overtaking): Promise<void> {
  const value = await writeSurely(on, first, key, `first, on ${first.node.name}`)
  const endMs = on.nowMs() + SEEN_WITHIN_MS
  for (;;) {
    const { outcome, body } = await second.read(key)
    if (outcome === 'ok' && body.toString() === value) break
    if (on.nowMs() > endMs) return
    await on.patience.pause(LOOK_EVERY_MS)
  }
  await on.patience.pause(APART_MS)
  if (isDelete) await deleteSurely(on, second, key)
  else await writeSurely(on, second, key, `second, on ${second.node.name}`)
}
