import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocket, WebSocketServer } from 'ws'
import type { RawData, Server as UpgradeServer } from 'ws'
import { Session } from './session.ts'
import type { SessionContext } from './session.ts'

export interface WebSocketDoorOptions {
  readonly context: SessionContext
  /** Why a new client cannot be taken at present, or undefined where it can. */
  readonly refusal: () => string | undefined
  /** Answers HTTP requests that are no upgrade. */
  readonly handleRequest: (request: IncomingMessage, response: ServerResponse) => void
}

/** Bytes that a socket takes before it asks to wait; batches above it still leave in one write. */
const SOCKET_BUFFER_BYTES = 65_536

/** A WebSocket that knows its session. Listeners are shared by all sockets: closures for each would cost more than the session. */
class ChatSocket extends WebSocket {
  session: Session | undefined
}

/**
 * The WebSocket door: HTTP upgrades at `/`, text messages in, frames out. Reading is left to `ws`; batches are framed once for
 * all their receivers and written to the sockets as they are, between the frames that `ws` itself writes (pongs and closes),
 * which is safe as both always write whole frames and there is no compression.
 */
export function openWebSocketDoor(options: WebSocketDoorOptions): Server {
  const { context } = options
  const { limits } = context
  const acceptor = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: limits.maxMessageBytes,
    WebSocket: ChatSocket,
  })
  const server = createServer({
    highWaterMark: SOCKET_BUFFER_BYTES,
    noDelay: true,
    headersTimeout: limits.handshakeMs,
    requestTimeout: limits.handshakeMs,
  })
  server.on('request', options.handleRequest)
  server.on('upgrade', (request, socket, head) => {
    acceptUpgrade(acceptor, options, request, socket, head)
  })
  return server
}

function acceptUpgrade(
  acceptor: UpgradeServer<typeof ChatSocket>,
  options: WebSocketDoorOptions,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): void {
  const path = (request.url ?? '/').split('?', 1)[0]
  const refusal = options.refusal()
  if (path !== '/') return refuseUpgrade(socket, '404 Not Found', 'Expected an upgrade at /, got one elsewhere')
  if (refusal !== undefined) {
    options.context.counters.connectionsRefused++
    return refuseUpgrade(socket, '503 Service Unavailable', refusal)
  }
  acceptor.handleUpgrade(request, socket, head, client => {
    if (!(socket instanceof Socket)) {
      client.terminate()
      return
    }
    client.session = new Session('ws', socket, client, options.context)
    client.on('message', handleMessage)
    client.on('pong', handlePong)
    client.on('close', handleClose)
    client.on('error', handleError)
  })
}

function refuseUpgrade(socket: Duplex, status: string, reason: string): void {
  socket.on('error', () => socket.destroy())
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(reason)}\r\nRetry-After: 1\r\n\r\n${reason}`,
  )
}

function handleMessage(this: WebSocket, data: RawData, isBinary: boolean): void {
  if (!(this instanceof ChatSocket) || this.session === undefined) return
  if (isBinary || !Buffer.isBuffer(data)) this.session.refuse('Expected a text message, got a binary one')
  else this.session.handleText(data.toString())
}

function handlePong(this: WebSocket): void {
  if (this instanceof ChatSocket) this.session?.handlePong()
}

function handleClose(this: WebSocket): void {
  if (this instanceof ChatSocket) this.session?.handleGone()
}

/** `ws` closes the connection by itself after an error, with the fitting code. */
function handleError(this: WebSocket): void {
  if (this instanceof ChatSocket) this.session?.handleGone()
}
