import { createServer, STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Counters } from './counters.ts'
import { KEY_PREFIX, keyOf } from './key-path.ts'
import { LIMITS } from './limits.ts'
import type { Say } from './log-lines.ts'
import { answerPeer } from './peer-door.ts'
import { PEER_PATHS, type PeerPath } from './peer-messages.ts'
import { Refusal } from './refusal.ts'
import { BodyReader } from './request-body.ts'
import { DiskRefusal, type SavedStore } from './saved-store.ts'

export interface HttpDoorOptions {
  readonly counters: Counters
  readonly say: Say
  /** All metrics as text, with their content type. */
  readonly metrics: () => Promise<{ readonly text: string; readonly contentType: string }>
}

const BYTES = 'application/octet-stream'
const TEXT = 'text/plain; charset=utf-8'
const NO_STORE_YET = 'This node is starting: it reads its files.'

/**
 * The one port of a node: clients under `/kv/`, peers under `/peer/`, operators at `/health` and `/metrics`. It listens before the data is read,
 * and says 503 until then; peers are served while the node still copies, clients only afterwards.
 */
export class HttpDoor {
  readonly #options: HttpDoorOptions
  readonly #server: Server
  readonly #bodies = new BodyReader()
  #saved: SavedStore | undefined
  #servesClients = false

  constructor(options: HttpDoorOptions) {
    this.#options = options
    this.#server = createServer(
      {
        headersTimeout: LIMITS.headersTimeoutMs,
        requestTimeout: LIMITS.requestTimeoutMs,
        keepAliveTimeout: LIMITS.keepAliveMs,
        noDelay: true,
      },
      (request, response) => void this.#serve(request, response),
    )
    this.#server.maxConnections = LIMITS.maxConnections
    this.#server.on('clientError', refuseBrokenRequest)
  }

  /** Rejects where the address is taken or not ours. Resolves with the port. */
  async listen(host: string, port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, host, 4096, resolve)
    })
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : port
  }

  servePeers(saved: SavedStore): void {
    this.#saved = saved
  }

  serveClients(): void {
    this.#servesClients = true
  }

  get bodyBytes(): number {
    return this.#bodies.bytesUnderWay
  }

  /** Takes no more requests, and lets those under way end. */
  async close(): Promise<void> {
    const closed = new Promise<void>(resolve => void this.#server.close(() => resolve()))
    const waits = Array.from({ length: 20 }, () => LIMITS.drainMs / 20)
    for (const waitMs of waits) {
      this.#server.closeIdleConnections()
      if ((await Promise.race([closed.then(() => 'closed'), sleep(waitMs)])) === 'closed') return
    }
    this.#server.closeAllConnections()
    await closed
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#route(request, response)
    } catch (error) {
      this.#refuse(request, response, error)
    }
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? ''
    if (path.startsWith(KEY_PREFIX)) return await this.#serveKey(request, response, keyOf(path))
    if (path === '/health') return this.#serveHealth(request, response)
    if (path === '/metrics') return await this.#serveMetrics(request, response)
    if (isPeerPath(path)) return await this.#servePeer(request, response, path)
    throw new Refusal(404, 'Expected /kv/{key}, /health or /metrics, got another path.')
  }

  async #serveKey(request: IncomingMessage, response: ServerResponse, key: string): Promise<void> {
    const { counters } = this.#options
    switch (request.method) {
      case 'GET': {
        counters.gets += 1
        const value = this.#clientStore().store.get(key)
        if (value === undefined) throw new Refusal(404, 'No such key.')
        response.writeHead(200, { 'content-type': BYTES, 'content-length': value.length }).end(value)
        return
      }
      case 'PUT': {
        counters.puts += 1
        const saved = this.#clientStore()
        await saved.write(key, await this.#bodies.read(request, LIMITS.maxValueBytes))
        response.writeHead(204).end()
        return
      }
      case 'DELETE':
        counters.deletes += 1
        await this.#clientStore().write(key, null)
        response.writeHead(204).end()
        return
      default:
        throw wrongMethod(response, 'GET, PUT, DELETE')
    }
  }

  #serveHealth(request: IncomingMessage, response: ServerResponse): void {
    if (request.method !== 'GET') throw wrongMethod(response, 'GET')
    this.#clientStore()
    response.writeHead(200, { 'content-type': TEXT }).end('ok\n')
  }

  async #serveMetrics(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'GET') throw wrongMethod(response, 'GET')
    const { text, contentType } = await this.#options.metrics()
    response.writeHead(200, { 'content-type': contentType }).end(text)
  }

  async #servePeer(request: IncomingMessage, response: ServerResponse, path: PeerPath): Promise<void> {
    if (request.method !== 'POST') throw wrongMethod(response, 'POST')
    if (this.#saved === undefined) throw new Refusal(503, NO_STORE_YET)
    this.#options.counters.peerRequests += 1
    const message = await this.#bodies.read(request, LIMITS.maxPeerMessageBytes)
    const answer = await answerPeer(path, message, this.#saved)
    response.writeHead(200, { 'content-type': BYTES, 'content-length': answer.length }).end(answer)
  }

  /** @throws Refusal 503 until the node serves clients. */
  #clientStore(): SavedStore {
    if (this.#saved === undefined) throw new Refusal(503, NO_STORE_YET)
    if (!this.#servesClients) throw new Refusal(503, 'This node is starting: it copies what its peers have.')
    return this.#saved
  }

  #refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    this.#options.counters.refused += 1
    const { status, message } = statusOf(error)
    if (status === 500 && !(error instanceof DiskRefusal)) this.#options.say(`http: ${request.method} failed: ${String(error)}`)
    if (response.headersSent || response.destroyed) return void response.destroy()
    // What is left of a body is not worth reading: the connection ends with the answer.
    const headers = { 'content-type': TEXT, ...(request.complete ? {} : { connection: 'close' }) }
    response.writeHead(status, headers).end(`${message}\n`)
  }
}

function isPeerPath(path: string): path is PeerPath {
  return Object.values<string>(PEER_PATHS).includes(path)
}

function wrongMethod(response: ServerResponse, allowed: string): Refusal {
  response.setHeader('allow', allowed)
  return new Refusal(405, `Expected one of ${allowed}, got another method.`)
}

function statusOf(error: unknown): { readonly status: number; readonly message: string } {
  if (error instanceof Refusal || error instanceof DiskRefusal) return error
  if (error instanceof RangeError) return { status: 400, message: error.message }
  return { status: 500, message: 'This node failed to serve the request.' }
}

/** What is not HTTP at all never becomes a request; it is answered by hand where the socket still takes an answer. */
function refuseBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const status = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 }[error.code ?? ''] ?? 400
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
}
