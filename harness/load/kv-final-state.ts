/** What all nodes hold once nothing is sent any more: do they agree, and is it what the acknowledged writes had made of it? */
import { KV_KINDS, keyName, type KvPlan } from '../scenario/kv-plan.ts'
import type { KvClientPool } from './kv-client-pool.ts'
import { ANSWER, type KvOutcomes, writeOfPlan } from './kv-open-play.ts'

/** A node's value of a key: the request that wrote it, `absent`, or `unknown` where the node gave no answer or something that nobody wrote. */
export type KvFinal = number | 'absent' | 'unknown'

export interface KvFinalState {
  /** By key, for the keys on which all nodes agree. */
  readonly agreed: ReadonlyMap<number, KvFinal>
  /** Keys on which they still differ. */
  readonly diverged: readonly number[]
}

/** Beyond these, the keys that were written last are compared. */
const MAX_KEYS_COMPARED = 20_000
const READS_AT_ONCE = 32
const PAUSE_MS = 200
/** Beyond the drain's time, for a round that is under way. */
const LAST_ROUND_MS = 5000

export interface FinalStateOptions {
  readonly plan: KvPlan
  readonly pool: KvClientPool
  readonly signal: AbortSignal
  readonly nowMs: () => number
  readonly pause: (ms: number) => Promise<void>
}

/** Reads every key that was written from every node, and again those on which they differ, for up to the drain's time. */
export async function readFinalState({ plan, pool, signal, nowMs, pause }: FinalStateOptions): Promise<KvFinalState> {
  const endMs = nowMs() + plan.drainMs
  const agreed = new Map<number, KvFinal>()
  const all = writtenKeys(plan)
  let open = all
  while (open.length > 0 && !signal.aborted) {
    const differing: number[] = []
    await inParallel(open, READS_AT_ONCE, async key => {
      // Nodes that hang take a second for each key. A key that nobody had time to read says nothing; one that differed still does.
      if (signal.aborted || nowMs() >= endMs + LAST_ROUND_MS) {
        if (open !== all) differing.push(key)
        return
      }
      const held = await Promise.all(pool.tallies.map((_, node) => readOne(plan, pool, node, key)))
      const first = held[0] ?? 'unknown'
      if (first !== 'unknown' && held.every(value => value === first)) agreed.set(key, first)
      else differing.push(key)
    })
    open = differing
    if (open.length === 0 || nowMs() >= endMs) break
    await pause(PAUSE_MS)
  }
  return { agreed, diverged: open }
}

function writtenKeys({ requests }: KvPlan): number[] {
  const keys = new Set<number>()
  for (let request = requests.count - 1; request >= 0 && keys.size < MAX_KEYS_COMPARED; request--) {
    if (requests.kind[request] !== 0) keys.add(requests.key[request] ?? 0)
  }
  return [...keys]
}

async function readOne(plan: KvPlan, pool: KvClientPool, node: number, key: number): Promise<KvFinal> {
  const { outcome, body } = await pool.askNode(node, async client => await client.get(keyName(plan, key), 1_000))
  if (outcome === 'absent') return 'absent'
  return outcome === 'ok' ? (writeOfPlan(plan, key, body) ?? 'unknown') : 'unknown'
}

async function inParallel(items: readonly number[], atOnce: number, work: (item: number) => Promise<void>): Promise<void> {
  let next = 0
  const worker = async (): Promise<void> => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await work(item)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}

/** A write called at least this long after another was done comes after it, whatever clock the store goes by. */
const APART_MS = 100
/** What was acknowledged less than this before kill -9 may be lost, or may come back from a peer. */
const UNSAVED_MS = 1_500

export interface KvKill {
  readonly node: number
  readonly atMs: number
}

/**
 * Keys whose last value had been replaced: another write to it was called at least 100 ms after that one was done, and acknowledged. Writes that
 * may take effect later are never replaced, and an acknowledgement that a kill may have undone replaces nothing.
 */
export function supersededKeys(
  plan: KvPlan,
  outcomes: KvOutcomes,
  agreed: ReadonlyMap<number, KvFinal>,
  kills: readonly KvKill[],
): number[] {
  const writes = writesByKey(plan, agreed)
  return [...agreed].flatMap(([key, final]) => {
    const own = writes.get(key) ?? []
    const sure = own.filter(write => outcomes.answer[write] === ANSWER.ok && !isUnsaved(outcomes, write, kills))
    const isReplaced = (doneMs: number): boolean => sure.some(write => (outcomes.sentMs[write] ?? 0) >= doneMs + APART_MS)
    if (typeof final === 'number') return isReplaced(doneMsOf(outcomes, final)) ? [key] : []
    // A key may be absent because of any of its deletes, or because nothing was ever written.
    const deletes = own.filter(write => plan.requests.kind[write] === KV_KINDS.indexOf('delete') && !Number.isNaN(outcomes.sentMs[write]))
    const isExplained = deletes.some(write => !isReplaced(doneMsOf(outcomes, write))) || !isReplaced(-Infinity)
    return isExplained ? [] : [key]
  })
}

function writesByKey({ requests }: KvPlan, keys: ReadonlyMap<number, KvFinal>): Map<number, number[]> {
  const writes = new Map<number, number[]>([...keys.keys()].map(key => [key, []]))
  for (let request = 0; request < requests.count; request++) {
    if (requests.kind[request] !== 0) writes.get(requests.key[request] ?? 0)?.push(request)
  }
  return writes
}

function doneMsOf(outcomes: KvOutcomes, write: number): number {
  return outcomes.answer[write] === ANSWER.ok && outcomes.mayRepeat[write] === 0 ? (outcomes.endMs[write] ?? Infinity) : Infinity
}

function isUnsaved(outcomes: KvOutcomes, write: number, kills: readonly KvKill[]): boolean {
  const endMs = outcomes.endMs[write] ?? 0
  return kills.some(({ node, atMs }) => outcomes.node[write] === node && endMs > atMs - UNSAVED_MS && endMs <= atMs + APART_MS)
}
