/** One client of one node of a key-value store, over HTTP/1.1: exact bytes, percent-encoded keys, bounded in time and size. */
import { Agent, request, type ClientRequest, type IncomingMessage } from 'node:http'

export interface KvClientOptions {
  readonly host: string
  readonly port: number
  /** From the call to the answer's last byte, in milliseconds, 1 or more. Default 5000. */
  readonly timeoutMs?: number
  /** Connections at once, 1 or more; requests beyond wait inside the client, and their time runs. Default 1. */
  readonly connections?: number
  /** Connects from this address of the loopback range. Default: the system's choice. */
  readonly localAddress?: string
  /** False opens a connection a request. Default true. */
  readonly keepAlive?: boolean
  /** How it writes a key in a path. Default: `keyPath`. */
  readonly pathOf?: (key: string) => string
}

export interface KvAnswer {
  /**
   * `ok`: 200 to a read, 2xx to a write. `absent`: 404 to a read. `unavailable`: 503. `refused`: any other status below 500. `pending`: no whole
   * answer (a time-out, a reset, a refused connection), or any other 5xx: a write may have taken effect, or may yet.
   */
  readonly outcome: 'ok' | 'absent' | 'unavailable' | 'refused' | 'pending'
  /** 0 where there was no answer. */
  readonly status: number
  /** The value of a read that is `ok`; otherwise what the server said, for people. */
  readonly body: Buffer
  /** Why it is not `ok` or `absent`, in a few words (`ECONNRESET`, `no answer within 5000 ms`, `503: copying`); otherwise empty. */
  readonly reason: string
}

const DEFAULT_TIMEOUT_MS = 5000
/** No value is larger than 1 MiB; what is, is not read to its end. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024
/** An idle connection is not used again after this long: servers close theirs after a while, and a write must not run into that. */
const REUSE_WITHIN_MS = 1000
const EXCERPT_CHARACTERS = 120

export class KvClient {
  readonly #options: KvClientOptions
  readonly #timeoutMs: number
  readonly #agent: Agent
  readonly #pathOf: (key: string) => string

  constructor(options: KvClientOptions) {
    this.#options = options
    this.#timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS
    this.#pathOf = options.pathOf ?? keyPath
    this.#agent = new Agent({
      keepAlive: options.keepAlive ?? true,
      maxSockets: options.connections ?? 1,
      scheduling: 'lifo',
      timeout: REUSE_WITHIN_MS,
    })
  }

  async get(key: string, timeoutMs?: number): Promise<KvAnswer> {
    return await this.ask('GET', this.#pathOf(key), undefined, timeoutMs)
  }

  async put(key: string, value: Uint8Array, timeoutMs?: number): Promise<KvAnswer> {
    return await this.ask('PUT', this.#pathOf(key), value, timeoutMs)
  }

  async delete(key: string, timeoutMs?: number): Promise<KvAnswer> {
    return await this.ask('DELETE', this.#pathOf(key), undefined, timeoutMs)
  }

  /** `ok` once the node serves requests. */
  async health(timeoutMs?: number): Promise<KvAnswer> {
    return await this.ask('GET', '/health', undefined, timeoutMs)
  }

  /** Any request, as it is written; never rejects. */
  async ask(method: string, path: string, body?: Uint8Array, timeoutMs = this.#timeoutMs): Promise<KvAnswer> {
    return await new Promise<KvAnswer>(resolve => {
      const { host, port, localAddress } = this.#options
      const headers = body === undefined ? {} : { 'content-length': body.length }
      const outgoing = request({
        host,
        port,
        path,
        method,
        headers,
        agent: this.#agent,
        ...(localAddress === undefined ? {} : { localAddress }),
      })
      const timer = setTimeout(() => end(pending(`no answer within ${timeoutMs} ms`)), timeoutMs)
      const end = (answer: KvAnswer): void => {
        clearTimeout(timer)
        resolve(answer)
        if (answer.outcome === 'pending') outgoing.destroy()
      }
      outgoing.on('error', error => end(pending(reasonOf(error))))
      outgoing.on('response', response => readAnswer(method, outgoing, response, end))
      outgoing.end(body)
    })
  }

  /** Ends all its connections; what is under way comes to be `pending`. */
  close(): void {
    this.#agent.destroy()
  }
}

/** `/kv/` and the key's UTF-8 bytes, percent-encoded; `/` as `%2F`. */
export function keyPath(key: string): string {
  return `/kv/${encodeURIComponent(key)}`
}

/** The same path (RFC 3986, 6.2.2) as other clients write it: each byte encoded, in small letters. */
export function wholeKeyPath(key: string): string {
  return `/kv/${Buffer.from(key).toString('hex').replaceAll(/../g, '%$&')}`
}

function readAnswer(method: string, outgoing: ClientRequest, response: IncomingMessage, end: (answer: KvAnswer) => void): void {
  const parts: Buffer[] = []
  let bytes = 0
  response.on('data', (part: Buffer) => {
    parts.push(part)
    bytes += part.length
    if (bytes > MAX_ANSWER_BYTES) {
      end(pending(`an answer of more than ${MAX_ANSWER_BYTES} bytes`))
      outgoing.destroy()
    }
  })
  response.on('error', error => end(pending(reasonOf(error))))
  response.on('end', () => {
    if (response.complete) end(judged(method, response.statusCode ?? 0, Buffer.concat(parts)))
    else end(pending('an answer that broke off'))
  })
}

function judged(method: string, status: number, body: Buffer): KvAnswer {
  const outcome = outcomeOf(method, status)
  const isAnswer = outcome === 'ok' || outcome === 'absent'
  return { outcome, status, body, reason: isAnswer ? '' : `${status}: ${excerpt(body)}` }
}

function outcomeOf(method: string, status: number): KvAnswer['outcome'] {
  if (status === 503) return 'unavailable'
  if (status >= 500) return 'pending'
  if (method === 'GET' ? status === 200 : status >= 200 && status < 300) return 'ok'
  return method === 'GET' && status === 404 ? 'absent' : 'refused'
}

function pending(reason: string): KvAnswer {
  return { outcome: 'pending', status: 0, body: Buffer.alloc(0), reason }
}

function reasonOf(error: NodeJS.ErrnoException): string {
  return error.code ?? error.message
}

function excerpt(body: Buffer): string {
  const text = body.toString('utf8', 0, EXCERPT_CHARACTERS * 2).trim()
  return text.length > EXCERPT_CHARACTERS ? `${text.slice(0, EXCERPT_CHARACTERS)}…` : text
}
