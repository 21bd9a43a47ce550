import { isUtf8 } from 'node:buffer'
import { createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import { LineReader } from './line-reader.ts'
import { CLOSE_CODES, Session } from './session.ts'
import type { Link, SessionContext } from './session.ts'

export interface TcpDoorOptions {
  readonly context: SessionContext
  /** Why a new client cannot be taken at present, or undefined where it can. */
  readonly refusal: () => string | undefined
}

const SOCKET_BUFFER_BYTES = 65_536
const MESSAGE_TOO_BIG = 1009

/** The TCP door: one JSON object a line, UTF-8, either way. */
export function openTcpDoor(options: TcpDoorOptions): Server {
  const { context, refusal } = options
  const { pingIntervalMs } = context.limits
  const settings = { noDelay: true, keepAlive: true, keepAliveInitialDelay: pingIntervalMs, highWaterMark: SOCKET_BUFFER_BYTES }
  return createServer(settings, socket => {
    socket.on('error', () => socket.destroy())
    const reason = refusal()
    if (reason === undefined) serve(socket, context)
    else refuse(socket, context, reason)
  })
}

function serve(socket: Socket, context: SessionContext): void {
  const session = new Session('tcp', socket, new LineLink(socket), context)
  const reader = new LineReader(context.limits.maxMessageBytes)
  const handleLine = (line: Buffer): void => {
    if (line.length === 0) return
    if (isUtf8(line)) session.handleText(line.toString())
    else session.refuse('Expected a line of UTF-8, got other bytes')
  }
  socket.on('data', chunk => {
    if (reader.push(chunk, handleLine)) return
    session.closeWithError(MESSAGE_TOO_BIG, `Expected lines of at most ${context.limits.maxMessageBytes} bytes, got a longer one`)
  })
  socket.on('close', () => session.handleGone())
}

function refuse(socket: Socket, context: SessionContext, reason: string): void {
  context.counters.connectionsRefused++
  socket.end(errorLine(reason), () => socket.destroy())
}

function errorLine(message: string): string {
  return `${JSON.stringify({ type: 'error', message })}\n`
}

/** Lends a plain socket the manners of a WebSocket: a close with a reason. */
class LineLink implements Link {
  private readonly socket: Socket

  constructor(socket: Socket) {
    this.socket = socket
  }

  get readyState(): number {
    return this.socket.writable ? 1 : 3
  }

  /** A replaced client gets nothing more, so it is told nothing either. */
  close(code: number, reason: string): void {
    this.socket.removeAllListeners('data')
    this.socket.resume()
    if (code === CLOSE_CODES.replaced) this.socket.end()
    else this.socket.end(errorLine(reason))
  }

  terminate(): void {
    this.socket.destroy()
  }
}
