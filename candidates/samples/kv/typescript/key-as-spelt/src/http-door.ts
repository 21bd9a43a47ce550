/** HTTP for clients and for other nodes, on one port: finds the key or path, reads the body, calls the store, answers. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { Refusal, Unavailable } from './answers.ts'
import { MAX_PEER_MESSAGE_BYTES, PEER_PREFIX } from './peer.ts'
import type { Store } from './store.ts'

const KEY_PREFIX = '/kv/'
const MAX_KEY_BYTES = 256
const MAX_VALUE_BYTES = 1024 * 1024
/** Bodies of clients that are being received may take so much memory together. */
const MAX_BODIES_BYTES = 256 * 1024 * 1024
const MAX_CONNECTIONS = 10_000
const REQUEST_TIMEOUT_MS = 30_000
const DRAIN_MS = 2000

export class HttpDoor {
  readonly #store: Store
  readonly #server: Server
  #servesClients = false
  #isEnding = false
  #underWay = 0
  #bodiesBytes = 0

  constructor(store: Store) {
    this.#store = store
    this.#server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => void this.#serve(request, response))
    this.#server.maxConnections = MAX_CONNECTIONS
  }

  async listen(host: string, port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen({ host, port, backlog: 4096 }, resolve)
    })
    this.#server.on('error', (problem) => console.error(problem))
  }

  serveClients(): void {
    this.#servesClients = true
  }

  /** Ends: what comes from now on is refused, what is under way is waited for, but not for ever. */
  async close(): Promise<void> {
    this.#isEnding = true
    this.#server.close()
    const deadline = performance.now() + DRAIN_MS
    while (this.#underWay > 0 && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 5))
    this.#server.closeAllConnections()
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#underWay++
    try {
      if (this.#isEnding) throw new Unavailable('This node is ending.')
      await this.#route(request, response)
    } catch (problem) {
      refuse(request, response, problem)
    } finally {
      this.#underWay--
    }
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? ''
    if (path.startsWith(KEY_PREFIX)) return await this.#serveKey(request, response, path.slice(KEY_PREFIX.length))
    if (path.startsWith(PEER_PREFIX)) return await this.#servePeer(request, response, path.slice(PEER_PREFIX.length))
    if (path !== '/health') throw new Refusal(404, 'Expected /kv/{key} or /health.')
    if (request.method !== 'GET') throw new Refusal(405, 'Expected GET.')
    if (!this.#servesClients) throw new Unavailable('This node is starting.')
    response.writeHead(200, { 'content-length': 0 }).end()
  }

  async #serveKey(request: IncomingMessage, response: ServerResponse, encodedKey: string): Promise<void> {
    const key = parseKey(encodedKey)
    if (!['GET', 'PUT', 'DELETE'].includes(request.method ?? '')) throw new Refusal(405, 'Expected GET, PUT or DELETE.')
    if (!this.#servesClients) throw new Unavailable('This node is starting.')
    if (request.method === 'GET') {
      const value = await this.#store.get(key)
      if (value === undefined) throw new Refusal(404, 'No such key.')
      response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': value.length }).end(value)
      return
    }
    if (request.method === 'PUT') await this.#store.set(key, await this.#readBody(request, MAX_VALUE_BYTES, MAX_BODIES_BYTES))
    else await this.#store.delete(key)
    response.writeHead(204).end()
  }

  async #servePeer(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    if (!/^[a-z-]+$/.test(path)) throw new Refusal(404, 'Expected a path of small letters.')
    if (request.method !== 'POST') throw new Refusal(405, 'Expected POST.')
    const answer = await this.#store.handlePeer(path, await this.#readBody(request, MAX_PEER_MESSAGE_BYTES, Infinity))
    response.writeHead(200, { 'content-length': answer.length }).end(answer)
  }

  async #readBody(request: IncomingMessage, limit: number, limitTogether: number): Promise<Buffer> {
    if (Number(request.headers['content-length'] ?? 0) > limit) throw new Refusal(413, `Expected at most ${limit} bytes.`)
    const parts: Buffer[] = []
    let bytes = 0
    try {
      await new Promise<void>((resolve, reject) => {
        request.on('data', (part: Buffer) => {
          bytes += part.length
          this.#bodiesBytes += part.length
          parts.push(part)
          if (bytes > limit) reject(new Refusal(413, `Expected at most ${limit} bytes.`))
          else if (this.#bodiesBytes > limitTogether) reject(new Unavailable('Too much is under way.'))
        })
        request.on('end', resolve)
        request.on('error', reject)
        request.on('close', () => reject(new Refusal(400, 'Expected the whole body.')))
      })
    } finally {
      this.#bodiesBytes -= bytes
      request.removeAllListeners('data')
    }
    return Buffer.concat(parts)
  }
}

/** The path is read as it was sent, not as a URL: that would take `/kv/..` for another path. */
function parseKey(encoded: string): string {
  let key: string
  try {
    key = /[/?#]/.test(encoded) ? '' : decodeURIComponent(encoded)
  } catch {
    key = ''
  }
  const bytes = Buffer.byteLength(key)
  if (bytes === 0) throw new Refusal(400, 'Expected /kv/ and a percent-encoded key in UTF-8.')
  if (bytes > MAX_KEY_BYTES) throw new Refusal(414, `Expected a key of at most ${MAX_KEY_BYTES} bytes.`)
  return encoded
}

function refuse(request: IncomingMessage, response: ServerResponse, problem: unknown): void {
  if (!(problem instanceof Refusal)) console.error(problem)
  if (response.headersSent || response.destroyed) return void response.destroy()
  const { status, message } = problem instanceof Refusal ? problem : { status: 500, message: 'The request failed.' }
  // The rest of a body that is refused is not read: the connection ends with the answer.
  const isOver = request.complete || request.method === 'GET'
  const text = `${message}\n`
  response.writeHead(status, { 'content-length': Buffer.byteLength(text), ...(isOver ? {} : { connection: 'close' }) }).end(text)
}
