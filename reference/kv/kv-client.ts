import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

export interface KvClientOptions {
  /** `host:port` or `http://host:port`, one or more. */
  readonly nodes: readonly string[]
  /** Longest wait for one node, in ms; 1,000 unless told. */
  readonly tryMs?: number
  /** Longest wait in all, over every node and retry, in ms; 5,000 unless told. */
  readonly giveUpMs?: number
}

/** No node answered in time. A write that ended so may have taken effect, or may yet. */
export class KvUnavailable extends Error {
  override readonly name = 'KvUnavailable'
}

/** The request itself is wrong, and would be on any node. */
export class KvRefused extends Error {
  override readonly name = 'KvRefused'
}

interface Answer {
  readonly status: number
  readonly body: Buffer
}

const DEFAULT_TRY_MS = 1_000
const DEFAULT_GIVE_UP_MS = 5_000
/** A node that failed is left in peace for so long, unless all have. */
const REST_MS = 1_000
const FIRST_BACKOFF_MS = 50
const MAX_BACKOFF_MS = 500
const NOT_FOUND = 404

/**
 * A client of a cluster. Requests go round-robin over the nodes; on an error, a time-out or any 5xx the next node is tried, and after each
 * round that failed there is a pause, twice as long each time up to a limit. A write retried on another node is a second write.
 */
export class KvClient {
  readonly #nodes: { readonly host: string; readonly port: number; restsUntilMs: number }[]
  readonly #tryMs: number
  readonly #giveUpMs: number
  readonly #agent = new Agent({ keepAlive: true })
  #turn = 0

  /** @throws RangeError where a node is not host:port, or there is none. */
  constructor({ nodes, tryMs = DEFAULT_TRY_MS, giveUpMs = DEFAULT_GIVE_UP_MS }: KvClientOptions) {
    if (nodes.length === 0) throw new RangeError('Expected one node or more, got none. Name them as host:port.')
    this.#nodes = nodes.map(node => ({ ...parseNode(node), restsUntilMs: 0 }))
    this.#tryMs = tryMs
    this.#giveUpMs = giveUpMs
  }

  /** The value's bytes, or undefined where the key is absent. */
  async get(key: string): Promise<Buffer | undefined> {
    const { status, body } = await this.#ask('GET', key)
    return status === NOT_FOUND ? undefined : body
  }

  async set(key: string, value: string | Uint8Array): Promise<void> {
    await this.#ask('PUT', key, Buffer.from(value))
  }

  async delete(key: string): Promise<void> {
    await this.#ask('DELETE', key)
  }

  close(): void {
    this.#agent.destroy()
  }

  async #ask(method: string, key: string, body?: Buffer): Promise<Answer> {
    const givesUpAtMs = performance.now() + this.#giveUpMs
    let backoffMs = FIRST_BACKOFF_MS
    let reason = 'no try was made'
    for (;;) {
      for (const node of this.#nodesInTurn()) {
        const leftMs = givesUpAtMs - performance.now()
        if (leftMs <= 0) throw new KvUnavailable(`Expected an answer within ${this.#giveUpMs} ms, got none: ${reason}.`)
        try {
          const answer = await this.#send(node, { method, key, body }, Math.min(this.#tryMs, leftMs))
          if (answer.status < 500) return accepted(answer)
          reason = `${node.host}:${node.port} answered ${answer.status}`
        } catch (error) {
          if (error instanceof KvRefused) throw error
          reason = `${node.host}:${node.port}: ${error instanceof Error ? error.message : String(error)}`
        }
        node.restsUntilMs = performance.now() + REST_MS
      }
      await sleep(Math.max(0, Math.min(backoffMs, givesUpAtMs - performance.now())))
      backoffMs = Math.min(backoffMs * 2, MAX_BACKOFF_MS)
    }
  }

  /** Every node once, from the next in turn on; those that failed a moment ago come last. */
  #nodesInTurn() {
    const nodes = this.#nodes.map((_, at) => this.#nodes[(this.#turn + at) % this.#nodes.length]).filter(node => node !== undefined)
    this.#turn += 1
    const nowMs = performance.now()
    return [...nodes.filter(node => node.restsUntilMs <= nowMs), ...nodes.filter(node => node.restsUntilMs > nowMs)]
  }

  #send(node: Node, { method, key, body }: Question, timeoutMs: number): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const path = `/kv/${encodeURIComponent(key)}`
      const headers = body === undefined ? {} : { 'content-length': body.length }
      // Whole milliseconds, or it throws.
      const signal = AbortSignal.timeout(Math.ceil(timeoutMs))
      const outgoing = request({ host: node.host, port: node.port, path, method, headers, agent: this.#agent, signal }, response => {
        const parts: Buffer[] = []
        response.on('data', (part: Buffer) => parts.push(part))
        response.on('error', reject)
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts) }))
      })
      outgoing.on('error', reject)
      outgoing.end(body)
    })
  }
}

interface Node {
  readonly host: string
  readonly port: number
}

interface Question {
  readonly method: string
  readonly key: string
  readonly body: Buffer | undefined
}

function accepted(answer: Answer): Answer {
  const isFine = (answer.status >= 200 && answer.status < 300) || answer.status === NOT_FOUND
  if (!isFine) throw new KvRefused(`The node refused (${answer.status}): ${answer.body.toString().trim()}`)
  return answer
}

function parseNode(text: string): Node {
  const [, host, digits] = /^(?:http:\/\/)?(\[[^\]]+\]|[^:/]+):(\d{1,5})\/?$/.exec(text) ?? []
  if (host === undefined) throw new RangeError(`Expected a node as host:port, got ${JSON.stringify(text)}.`)
  return { host: host.replaceAll(/[[\]]/g, ''), port: Number(digits) }
}
