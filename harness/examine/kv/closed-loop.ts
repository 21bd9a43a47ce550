/** Clients that each have one request under way, one after the other, and count what they get; nothing of it stands in a history. */
import { KvClient } from '../../wire/kv-client.ts'
import { quantile } from '../pace.ts'
import type { KvNode } from './kv-node.ts'

export interface ClosedLoopOptions {
  readonly nodes: readonly KvNode[]
  readonly clientsANode: number
  readonly keys: readonly string[]
  readonly valueBytes: number
  /** Of so many requests one is a write; the others read. */
  readonly writeEvery: number
  readonly timeoutMs: number
  /** Clients end by themselves then: with so many answers under way that no timer of this process gets its turn, `stop` would come late. */
  readonly untilMs?: number
  /** From the first to the last of these ms one key after the other is left alone, in the end half of them: a write that is lost then stays lost. */
  readonly retiresKeys?: boolean
  readonly nowMs: () => number
  readonly signal: AbortSignal
}

export interface LoopCount {
  answered: number
  /** 503, other 5xx and 4xx. */
  refused: number
  /** No answer at all. */
  failed: number
  readonly latenciesMs: number[]
  lastAnswerAtMs: number
  /** Between two answers, to whichever clients of the node. */
  longestGapMs: number
}

/** After a failure a client waits, so that refused connections are not a busy loop; each time longer. */
const BACK_OFF_MS = 10
const MOST_BACK_OFF_MS = 250
const MOST_LATENCIES = 200_000

export class ClosedLoop {
  readonly counts = new Map<string, LoopCount>()
  readonly #options: ClosedLoopOptions
  readonly #clients: KvClient[] = []
  readonly #players: Promise<void>[] = []
  readonly #value: Buffer
  readonly #startMs: number
  #isOver = false
  #turn = 0

  constructor(options: ClosedLoopOptions) {
    this.#options = options
    this.#value = Buffer.alloc(options.valueBytes, 'load ')
    this.#startMs = options.nowMs()
    for (const node of options.nodes) {
      const count: LoopCount = { answered: 0, refused: 0, failed: 0, latenciesMs: [], lastAnswerAtMs: this.#startMs, longestGapMs: 0 }
      this.counts.set(node.name, count)
      for (let at = 0; at < options.clientsANode; at++) {
        const client = new KvClient({ host: node.host, port: node.port, timeoutMs: options.timeoutMs })
        this.#clients.push(client)
        this.#players.push(this.#play(client, count))
      }
    }
    for (const player of this.#players) player.catch(() => undefined)
  }

  /** Closes all connections at once; requests under way end without an answer, and are not counted. Returns the seconds that it went on. */
  async stop(): Promise<number> {
    const seconds = (this.#options.nowMs() - this.#startMs) / 1000
    this.#isOver = true
    for (const client of this.#clients) client.close()
    await Promise.all(this.#players)
    return seconds
  }

  async #play(client: KvClient, count: LoopCount): Promise<void> {
    const { nowMs, signal, untilMs = Infinity } = this.#options
    let backOffMs = BACK_OFF_MS
    while (!this.#isOver && !signal.aborted && nowMs() < untilMs) {
      const calledAtMs = nowMs()
      const { outcome, status } = await this.#ask(client)
      const doneAtMs = nowMs()
      if (this.#isOver) return
      if (outcome === 'ok' || outcome === 'absent') {
        count.answered += 1
        if (count.latenciesMs.length < MOST_LATENCIES) count.latenciesMs.push(doneAtMs - calledAtMs)
        count.longestGapMs = Math.max(count.longestGapMs, doneAtMs - count.lastAnswerAtMs)
        count.lastAnswerAtMs = doneAtMs
        backOffMs = BACK_OFF_MS
        continue
      }
      if (status === 0) count.failed += 1
      else count.refused += 1
      await new Promise(resolve => setTimeout(resolve, backOffMs))
      backOffMs = Math.min(backOffMs * 2, MOST_BACK_OFF_MS)
    }
  }

  async #ask(client: KvClient) {
    const { keys, writeEvery } = this.#options
    const turn = this.#turn++
    const retired = this.#retiredKeys()
    const key = keys[retired + (turn % (keys.length - retired))] ?? ''
    return turn % writeEvery === 0 ? await client.put(key, this.#valueOf(turn)) : await client.get(key)
  }

  #retiredKeys(): number {
    const { keys, nowMs, untilMs = Infinity, retiresKeys = false } = this.#options
    const share = retiresKeys ? Math.min(1, (nowMs() - this.#startMs) / (untilMs - this.#startMs)) : 0
    return Math.floor((share * keys.length) / 2)
  }

  /** No two are the same, so that nodes that miss one differ. */
  #valueOf(turn: number): Buffer {
    const value = Buffer.from(this.#value)
    value.write(`${turn} `)
    return value
  }
}

export function p99Ms({ latenciesMs }: LoopCount): number {
  return quantile(
    latenciesMs.toSorted((a, b) => a - b),
    0.99,
  )
}
