/** Keys and values that one node gives back exactly, and that may be spoilt on their way to another. */
import type { Random } from '../../scenario/seeded-random.ts'
import { insist } from './insist.ts'
import type { KvCheckContext } from './kv-check.ts'
import type { KvUser } from './kv-user.ts'
import { LARGEST_VALUE_BYTES, oddKey, oddValue } from './odd-data.ts'
import { randomBytes } from './random-bytes.ts'

interface Pair {
  readonly key: string
  readonly value: Buffer
}

/** One of these changes where a key is decoded once too often. */
const KEY_ENDS = ['a%20b', 'a+b', '%2F', '%', 'žluťoučký 🐎']
/** No UTF-8 from the first byte on, and with a NUL. */
const NO_TEXT = Buffer.from('fffe00c328eda080', 'hex')
/** One of each kind: an odd key stands at every fourth place. */
const ODD_KEYS = 13
/** How long the node itself may take until it returns what it has acknowledged. */
const SEEN_WITHIN_MS = 2000
const LOOK_EVERY_MS = 25

/**
 * Writes them, the users in turn, and returns the keys of those that the same node then gives back exactly. What a node refuses or spoils alone
 * is for other checks; what it holds, its peers have to hold too.
 */
export async function writeOddPairs(context: KvCheckContext, users: readonly KvUser[]): Promise<string[]> {
  const pairs = oddPairs(() => context.freshKey('odd'), context.random)
  const held = await Promise.all(
    pairs.map(async (pair, at) => {
      const user = users[at % users.length]
      return user !== undefined && (await isHeld(context, user, pair)) ? [pair.key] : []
    }),
  )
  return held.flat()
}

function oddPairs(freshKey: () => string, random: Random): Pair[] {
  return [
    { key: freshKey(), value: Buffer.alloc(0) },
    { key: freshKey(), value: NO_TEXT },
    { key: freshKey(), value: randomBytes(random, LARGEST_VALUE_BYTES) },
    ...KEY_ENDS.map(end => ({ key: `${freshKey()} ${end}`, value: Buffer.from(end) })),
    ...Array.from({ length: ODD_KEYS }, (_, at) => ({
      key: oddKey(freshKey(), at * 4),
      value: oddValue(random, `odd${at}.`, at, false),
    })),
  ]
}

async function isHeld({ patience, nowMs }: KvCheckContext, user: KvUser, { key, value }: Pair): Promise<boolean> {
  const what = `PUT of ${JSON.stringify(key)} of node ${user.node.name}`
  const { outcome } = await insist(patience, nowMs, what, async () => await user.write(key, value))
  if (outcome !== 'ok') return false
  for (const endMs = nowMs() + SEEN_WITHIN_MS; ;) {
    const read = await user.read(key)
    if (read.outcome === 'ok' && read.body.equals(value)) return true
    if (nowMs() > endMs) return false
    await patience.pause(LOOK_EVERY_MS)
  }
}
