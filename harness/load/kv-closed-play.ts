/** A closed model, played by autocannon: as many requests as the store answers. For throughput; latency at a rate comes from our own pacer. */
import autocannon, { type AutocannonRequest } from 'autocannon'
import { KV_KINDS, keyName, type KvPlan } from '../scenario/kv-plan.ts'
import { keyPath } from '../wire/kv-client.ts'
import { type KvNodeAddress, urlOfNode } from './kv-client-pool.ts'
import { type KvSoFar, writeOfPlan } from './kv-open-play.ts'
import { valueOf } from './kv-value.ts'

const METHODS = { get: 'GET', set: 'PUT', delete: 'DELETE' } as const

export interface KvClosedResult {
  /** Latencies in ms of every answer that served its request, in the order in which they came. */
  readonly latenciesMs: readonly number[]
  /** When each came, in ms since the start. */
  readonly atMs: readonly number[]
  /** Such answers by kind, in the order of `KV_KINDS`. */
  readonly perKind: readonly number[]
  /** Requests that broke or timed out, and answers that were neither a success nor the 404 of a read: nobody else is asked here. */
  readonly failed: number
  /** Of those, the ones that were answered with 503. */
  readonly unavailable: number
  /** Reads of a value that nobody had written to that key. */
  readonly wrong: number
  readonly seconds: number
}

export interface KvClosedPlay {
  readonly plan: KvPlan
  readonly nodes: readonly KvNodeAddress[]
  readonly connections: number
  readonly seconds: number
  readonly timeoutMs: number
  readonly signal: AbortSignal
  readonly nowMs: () => number
  readonly soFar: KvSoFar
}

interface Counts {
  readonly perKind: number[]
  failed: number
  unavailable: number
  wrong: number
  /** Whether the latest answer served its request: its latency is told next. */
  isServed: boolean
}

export async function playKvClosed(play: KvClosedPlay): Promise<KvClosedResult> {
  const { plan, nodes, connections, seconds, timeoutMs, signal, nowMs, soFar } = play
  const counts: Counts = { perKind: [0, 0, 0], failed: 0, unavailable: 0, wrong: 0, isServed: false }
  const latenciesMs: number[] = []
  const atMs: number[] = []
  const startMs = nowMs()
  const result = await new Promise<{ errors: number; duration: number }>((resolve, reject) => {
    const instance = autocannon(
      {
        url: nodes.map(urlOfNode),
        connections: Math.max(connections, nodes.length),
        duration: seconds,
        timeout: Math.max(1, Math.ceil(timeoutMs / 1000)),
        requests: requestsOf(plan, counts),
      },
      (error, ended) => (error === null ? resolve(ended) : reject(error)),
    )
    instance.on('response', (_client: unknown, _status: number, _bytes: number, latencyMs: number) => {
      soFar.failed = counts.failed
      soFar.wrong = counts.wrong
      if (!counts.isServed) return
      soFar.answered += 1
      if (isMeasured(plan, nowMs() - startMs - latencyMs)) soFar.latency.record(latencyMs * 1000)
      latenciesMs.push(latencyMs)
      atMs.push(nowMs() - startMs)
    })
    signal.addEventListener('abort', () => instance.stop(), { once: true })
  })
  const { perKind, failed, unavailable, wrong } = counts
  return { perKind, unavailable, wrong, latenciesMs, atMs, failed: failed + result.errors, seconds: result.duration }
}

function isMeasured({ phases }: KvPlan, atMs: number): boolean {
  return (phases.find(({ endMs }) => atMs < endMs) ?? phases.at(-1))?.measured === true
}

function requestsOf(plan: KvPlan, counts: Counts): AutocannonRequest[] {
  return Array.from({ length: plan.requests.count }, (_, request) => {
    const kindIndex = plan.requests.kind[request] ?? 0
    const kind = KV_KINDS[kindIndex] ?? 'get'
    const key = plan.requests.key[request] ?? 0
    return {
      method: METHODS[kind],
      path: keyPath(keyName(plan, key)),
      ...(kind === 'set' ? { body: valueOf(key, request, plan.requests.valueBytes[request] ?? 0) } : {}),
      onResponse: (status: number, body: string) => {
        counts.isServed = (status >= 200 && status < 300) || (kind === 'get' && status === 404)
        if (status === 503) counts.unavailable += 1
        if (!counts.isServed) {
          counts.failed += 1
          return
        }
        counts.perKind[kindIndex] = (counts.perKind[kindIndex] ?? 0) + 1
        if (kind === 'get' && status === 200 && writeOfPlan(plan, key, Buffer.from(body, 'latin1')) === undefined) counts.wrong += 1
      },
    }
  })
}
