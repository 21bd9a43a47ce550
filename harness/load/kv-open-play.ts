/** Plays the requests of a plan when they are due, whatever the store does, and keeps what became of each. */
import { LatencyCounts } from '../record/latency-counts.ts'
import { KV_KINDS, keyName, type KvPlan } from '../scenario/kv-plan.ts'
import type { KvAnswer, KvClient } from '../wire/kv-client.ts'
import type { KvClientPool, KvPoolAnswer } from './kv-client-pool.ts'
import { valueOf, writeOf } from './kv-value.ts'

/** More than this under way, and the generator is no longer measuring but drowning: what is due then is not sent, and said to be missed. */
const MAX_UNDER_WAY = 20_000
/** The longest nap: the run looks at its signal in between. */
const MAX_NAP_MS = 100

export const ANSWER = { none: 0, ok: 1, failed: 2, refused: 3, wrong: 4, missed: 5 } as const

/** One place for each request of the plan; times in ms since the schedule's start, NaN where there is none. */
export interface KvOutcomes {
  readonly sentMs: Float64Array
  readonly endMs: Float64Array
  /** One of `ANSWER`. */
  readonly answer: Uint8Array
  /** Which node gave the answer. */
  readonly node: Uint8Array
  /** 1 where a try may have taken effect, or may yet, besides the one that was answered. */
  readonly mayRepeat: Uint8Array
  retries: number
  underWay: number
  readonly soFar: KvSoFar
  /** A few sentences on what went wrong, the first of each kind. */
  readonly troubles: KvTrouble[]
}

/** Counted as a run goes on, in either model. */
export interface KvSoFar {
  answered: number
  /** Without an answer in time, or refused. */
  failed: number
  wrong: number
  /** From due to answered, in the measured phases. */
  readonly latency: LatencyCounts
}

interface KvTrouble {
  readonly kind: 'failed' | 'refused' | 'wrong'
  readonly request: number
  readonly node: number
  readonly text: string
}

const MAX_TROUBLES = 20
const SHOWN_CHARACTERS = 80

export interface KvOpenPlay {
  readonly plan: KvPlan
  readonly pool: KvClientPool
  readonly outcomes: KvOutcomes
  readonly signal: AbortSignal
  /** Milliseconds since the schedule's start. */
  readonly nowMs: () => number
}

export function emptyOutcomes(count: number): KvOutcomes {
  const times = (): Float64Array => new Float64Array(count).fill(NaN)
  return {
    sentMs: times(),
    endMs: times(),
    answer: new Uint8Array(count),
    node: new Uint8Array(count),
    mayRepeat: new Uint8Array(count),
    retries: 0,
    underWay: 0,
    soFar: { answered: 0, failed: 0, wrong: 0, latency: new LatencyCounts() },
    troubles: [],
  }
}

/** Resolves when every request has come to its end, or the signal has ended the run. */
export async function playKvOpen(play: KvOpenPlay): Promise<void> {
  const { plan, outcomes, signal, nowMs } = play
  const { count, dueMs } = plan.requests
  const underWay = new Set<Promise<void>>()
  for (let next = 0; next < count && !signal.aborted;) {
    const waitMs = (dueMs[next] ?? 0) - nowMs()
    if (waitMs > 0) {
      await nap(Math.min(waitMs, MAX_NAP_MS))
      continue
    }
    const request = next++
    if (underWay.size >= MAX_UNDER_WAY) {
      outcomes.answer[request] = ANSWER.missed
      continue
    }
    const done = playOne(play, request).finally(() => underWay.delete(done))
    underWay.add(done)
  }
  // A request gives up by itself; an interrupted run does not wait for it.
  const aborted = new Promise<void>(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
  await Promise.race([Promise.all(underWay), aborted])
}

async function playOne({ plan, pool, outcomes, nowMs }: KvOpenPlay, request: number): Promise<void> {
  const key = plan.requests.key[request] ?? 0
  const kind = KV_KINDS[plan.requests.kind[request] ?? 0] ?? 'get'
  outcomes.sentMs[request] = nowMs()
  outcomes.underWay += 1
  const asked = await pool.ask(senderOf(plan, kind, key, request))
  outcomes.underWay -= 1
  outcomes.endMs[request] = nowMs()
  outcomes.node[request] = asked.node
  outcomes.mayRepeat[request] = Number(asked.mayRepeat)
  outcomes.retries += asked.tries - 1
  const trouble = troubleOf(plan, kind, key, request, asked)
  outcomes.answer[request] = trouble === undefined ? ANSWER.ok : ANSWER[trouble.kind]
  countSoFar(plan, outcomes, request, trouble?.kind)
  if (trouble !== undefined && outcomes.troubles.length < MAX_TROUBLES) outcomes.troubles.push(trouble)
}

function countSoFar(
  { requests, phases }: KvPlan,
  { soFar, endMs }: KvOutcomes,
  request: number,
  trouble: KvTrouble['kind'] | undefined,
): void {
  if (trouble === 'failed' || trouble === 'refused') {
    soFar.failed += 1
    return
  }
  soFar.answered += 1
  if (trouble === 'wrong') soFar.wrong += 1
  if (phases[requests.phase[request] ?? 0]?.measured !== true) return
  soFar.latency.record(((endMs[request] ?? 0) - (requests.dueMs[request] ?? 0)) * 1000)
}

function senderOf(plan: KvPlan, kind: 'get' | 'set' | 'delete', key: number, request: number) {
  const name = keyName(plan, key)
  const value = kind === 'set' ? valueOf(key, request, plan.requests.valueBytes[request] ?? 0) : undefined
  return async (client: KvClient, timeoutMs: number): Promise<KvAnswer> => {
    if (value !== undefined) return await client.put(name, value, timeoutMs)
    return kind === 'get' ? await client.get(name, timeoutMs) : await client.delete(name, timeoutMs)
  }
}

function troubleOf(
  plan: KvPlan,
  kind: 'get' | 'set' | 'delete',
  key: number,
  request: number,
  { answer, node }: KvPoolAnswer,
): KvTrouble | undefined {
  const what = `${kind} ${keyName(plan, key)}`
  switch (answer.outcome) {
    case 'absent':
      return undefined
    case 'ok': {
      if (kind !== 'get' || writeOfPlan(plan, key, answer.body) !== undefined) return undefined
      const got = JSON.stringify(answer.body.toString('latin1', 0, SHOWN_CHARACTERS))
      return { kind: 'wrong', request, node, text: `${what} gave ${answer.body.length} bytes that nobody had written to that key: ${got}.` }
    }
    case 'refused':
      return { kind: 'refused', request, node, text: `${what} was refused: ${answer.reason}.` }
    case 'pending':
    case 'unavailable':
      return { kind: 'failed', request, node, text: `${what} got no answer from any node; the last try: ${answer.reason}.` }
  }
}

/** Which request of the plan wrote this value to this key; undefined where none did. */
export function writeOfPlan({ requests }: KvPlan, key: number, value: Buffer): number | undefined {
  return writeOf(value, key, write =>
    requests.kind[write] === KV_KINDS.indexOf('set') && requests.key[write] === key ? requests.valueBytes[write] : undefined,
  )
}

async function nap(ms: number): Promise<void> {
  await new Promise<void>(resolve => setTimeout(resolve, ms))
}
