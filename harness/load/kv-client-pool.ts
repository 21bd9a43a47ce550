/** A client that goes round-robin over the nodes of a store and tries the next one on an error, as an application's would. */
import { setTimeout as sleep } from 'node:timers/promises'
import { hostPort } from '../wire/host-port.ts'
import { KvClient, type KvAnswer } from '../wire/kv-client.ts'

export interface KvNodeAddress {
  readonly name: string
  readonly host: string
  readonly port: number
}

export function urlOfNode({ host, port }: KvNodeAddress): string {
  return `http://${hostPort(host, port)}`
}

export interface KvPoolOptions {
  readonly nodes: readonly KvNodeAddress[]
  readonly tryMs: number
  readonly giveUpMs: number
  readonly nowMs: () => number
}

/** What one node was asked, and how that went. */
export interface KvNodeTally {
  tries: number
  answered: number
  /** 503. */
  unavailable: number
  /** Time-outs, resets, refused connections, and any other 5xx. */
  broken: number
}

export interface KvPoolAnswer {
  /** The last answer. */
  readonly answer: KvAnswer
  /** Index of the node that gave it. */
  readonly node: number
  readonly tries: number
  /** True where a try before the answer may have taken effect all the same, or may yet. */
  readonly mayRepeat: boolean
}

/** Enough for what is under way at one node while it stands still for a whole try. */
const CONNECTIONS_PER_NODE = 512
/** A node that failed is left in peace for so long, unless all have. */
const REST_MS = 1_000
const BACKOFF_MS = 50

export class KvClientPool {
  readonly tallies: readonly KvNodeTally[]
  readonly #clients: readonly KvClient[]
  readonly #restsUntilMs: number[]
  readonly #options: KvPoolOptions
  #turn = 0

  constructor(options: KvPoolOptions) {
    this.#options = options
    this.#clients = options.nodes.map(({ host, port }) => new KvClient({ host, port, connections: CONNECTIONS_PER_NODE }))
    this.#restsUntilMs = options.nodes.map(() => -Infinity)
    this.tallies = options.nodes.map(() => ({ tries: 0, answered: 0, unavailable: 0, broken: 0 }))
  }

  /** Tries until a node gives an answer, or `giveUpMs` have passed; then the last answer is `unavailable` or `pending`. */
  async ask(send: (client: KvClient, timeoutMs: number) => Promise<KvAnswer>): Promise<KvPoolAnswer> {
    const { nowMs, giveUpMs, tryMs } = this.#options
    const endMs = nowMs() + giveUpMs
    let tries = 0
    let mayRepeat = false
    for (;;) {
      for (const node of this.#inTurn()) {
        const answer = await this.askNode(
          node,
          async client => await send(client, Math.max(1, Math.ceil(Math.min(tryMs, endMs - nowMs())))),
        )
        tries += 1
        if (answer.outcome !== 'unavailable' && answer.outcome !== 'pending') return { answer, node, tries, mayRepeat }
        this.#restsUntilMs[node] = nowMs() + REST_MS
        if (nowMs() >= endMs) return { answer, node, tries, mayRepeat: true }
        // Nobody got as far as the server where the connection was refused.
        if (answer.reason !== 'ECONNREFUSED') mayRepeat = true
      }
      await sleep(BACKOFF_MS)
    }
  }

  /** One try at one node. */
  async askNode(node: number, send: (client: KvClient) => Promise<KvAnswer>): Promise<KvAnswer> {
    const client = this.#clients[node]
    const tally = this.tallies[node]
    if (client === undefined || tally === undefined) throw new Error(`Expected a node below ${this.#clients.length}, got ${node}.`)
    tally.tries += 1
    const answer = await send(client)
    if (answer.outcome === 'unavailable') tally.unavailable += 1
    else if (answer.outcome === 'pending') tally.broken += 1
    else tally.answered += 1
    return answer
  }

  close(): void {
    for (const client of this.#clients) client.close()
  }

  /** Every node once, from the next in turn on; those that failed a moment ago come last. */
  #inTurn(): number[] {
    const count = this.#clients.length
    const nodes = Array.from({ length: count }, (_, at) => (this.#turn + at) % count)
    this.#turn = (this.#turn + 1) % count
    const now = this.#options.nowMs()
    const rests = (node: number): boolean => (this.#restsUntilMs[node] ?? 0) > now
    return [...nodes.filter(node => !rests(node)), ...nodes.filter(rests)]
  }
}
