/** Writes of keys that are written once each: where one is lost, no later one covers it up. */
import type { KvCheckContext } from './kv-check.ts'
import type { KvNode } from './kv-node.ts'
import type { KvUser } from './kv-user.ts'

/** Between two writes to one node: enough of them fall into the moments of a copy, and few enough are read again. */
const EVERY_MS = 25
const TIMEOUT_MS = 3000

/**
 * Writes to each of the nodes, one request after the other, from before `act` until it is done. Returns the keys of what was acknowledged: what
 * was not may be anywhere, or nowhere.
 */
export async function writeOnceWhile(context: KvCheckContext, nodes: readonly KvNode[], act: () => Promise<void>): Promise<string[]> {
  const over = new AbortController()
  const players = Promise.all(nodes.map(async node => await play(context, context.user(node), over.signal)))
  // An interruption ends all of them, and is told below; until then it must not count as unhandled.
  players.catch(() => undefined)
  try {
    await act()
  } finally {
    over.abort()
    await players
  }
  return (await players).flat()
}

async function play(context: KvCheckContext, user: KvUser, over: AbortSignal): Promise<string[]> {
  const acknowledged: string[] = []
  while (!over.aborted) {
    const key = context.freshKey('once')
    const { outcome } = await user.write(key, `once, on ${user.node.name}`, TIMEOUT_MS)
    if (outcome === 'ok') acknowledged.push(key)
    await context.patience.pause(EVERY_MS)
  }
  return acknowledged
}
