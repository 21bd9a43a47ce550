/**
 * A chat connection over either transport, on a raw socket that reads into shared memory. It knows framing and closing; what the messages
 * mean is its sink's business. A virtual user of a load run and a client of an examination both stand on it.
 */
import { Buffer } from 'node:buffer'
import { randomFillSync } from 'node:crypto'
import { createConnection, type Socket } from 'node:net'
import { FrameFramer, type FrameSink } from './frame-framer.ts'
import { LineFramer } from './line-framer.ts'
import type { Framer } from './message-framer.ts'
import type { ReadArea } from './read-area.ts'
import { resetSocket } from './reset-socket.ts'
import { encodeClientFrame, OPCODE } from './websocket-frames.ts'
import { createHandshake, type Handshake, MAX_RESPONSE_BYTES } from './websocket-handshake.ts'

export type Transport = 'ws' | 'tcp'

export interface ChatAddress {
  readonly transport: Transport
  readonly host: string
  readonly port: number
}

export interface CloseInfo {
  /** The server's WebSocket close code; 0 where none came. */
  readonly code: number
  readonly reason: string
  /** A socket error's code such as ECONNRESET, or what was wrong with the handshake; empty for an orderly end. */
  readonly error: string
  /** True when our side asked for the close first. */
  readonly byUs: boolean
}

export interface ChatSocketSink {
  /** Messages can be sent now. */
  opened(): void
  /** Before anything else that comes of a read. */
  bytesRead(bytes: number): void
  /** See FramerSink. */
  known(bytes: Buffer, start: number, end: number): number
  message(bytes: Buffer, start: number, end: number, frameStart: number, frameEnd: number): void
  garbled(reason: string): void
  /** Once, at the very end, whoever began it. */
  closed(info: CloseInfo): void
}

const HEADER_END = Buffer.from('\r\n\r\n')
const NORMAL_CLOSURE = Buffer.from([0x03, 0xe8])

export class ChatSocket implements FrameSink {
  readonly #socket: Socket
  readonly #sink: ChatSocketSink
  readonly #area: ReadArea
  readonly #framer: Framer
  readonly #transport: Transport
  #handshake: Handshake | null = null
  /** The unfinished end of what was read. */
  #carry: Buffer | null = null
  #isOpen = false
  #closing = false
  #closeCode = 0
  #closeReason = ''
  #error = ''

  constructor(address: ChatAddress, area: ReadArea, sink: ChatSocketSink, localAddress?: string) {
    this.#sink = sink
    this.#area = area
    this.#transport = address.transport
    this.#framer = address.transport === 'ws' ? new FrameFramer(this) : new LineFramer(this)
    this.#socket = createConnection({
      host: address.host,
      port: address.port,
      localAddress,
      noDelay: true,
      onread: { buffer: area.window, callback: bytesRead => this.#takeRead(bytesRead) },
    })
    this.#socket.on('connect', () => this.#connected(address))
    this.#socket.on('error', error => {
      this.#error ||= 'code' in error && typeof error.code === 'string' ? error.code : error.message
    })
    this.#socket.on('close', () => this.#closed())
    this.#socket.resume()
  }

  /** Bytes that wait in this process because the server does not read. */
  get queuedBytes(): number {
    return this.#socket.writableLength
  }

  /** Where we are reached, once connected; 0 before. */
  get localPort(): number {
    return this.#socket.localPort ?? 0
  }

  get destroyed(): boolean {
    return this.#socket.destroyed
  }

  /** Sends one JSON text as one message. */
  send(text: string): void {
    if (this.#transport === 'ws') this.write(encodeClientFrame(OPCODE.text, Buffer.from(text), freshMask()))
    else this.write(Buffer.from(`${text}\n`))
  }

  /** Sends bytes as they are: whole messages framed by the caller, or broken ones on purpose. */
  write(bytes: Buffer): void {
    if (this.#socket.writable) this.#socket.write(bytes)
  }

  /** What is written from now until `uncork` leaves in one system call. */
  cork(): void {
    this.#socket.cork()
  }

  uncork(): void {
    this.#socket.uncork()
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  /** Ends the connection in the transport's orderly way. */
  close(): void {
    if (this.#closing) return
    this.#closing = true
    if (!this.#isOpen) {
      this.#socket.destroy()
      return
    }
    if (this.#transport === 'ws') this.write(encodeClientFrame(OPCODE.close, NORMAL_CLOSURE, freshMask()))
    this.#socket.end()
  }

  /** Half-close: nothing more is sent, reading goes on. */
  end(): void {
    this.#socket.end()
  }

  /** Lets go at once; what was not read is thrown away. */
  destroy(): void {
    this.#closing = true
    this.#socket.destroy()
  }

  /** Vanishes with a TCP reset. */
  reset(): void {
    this.#closing = true
    resetSocket(this.#socket)
  }

  ping(payload: Buffer): void {
    if (!this.#closing) this.write(encodeClientFrame(OPCODE.pong, payload, freshMask()))
  }

  pong(): void {
    // Nobody asked: the protocol allows an unsolicited pong and expects no answer.
  }

  known(bytes: Buffer, start: number, end: number): number {
    return this.#sink.known(bytes, start, end)
  }

  message(bytes: Buffer, start: number, end: number, frameStart: number, frameEnd: number): void {
    this.#sink.message(bytes, start, end, frameStart, frameEnd)
  }

  garbled(reason: string): void {
    this.#sink.garbled(reason)
    this.destroy()
  }

  /** The server's close frame (called by the framer). */
  closeFrame(code: number, reason: string): void {
    this.#closeCode = code
    this.#closeReason = reason
    if (!this.#closing) this.write(encodeClientFrame(OPCODE.close, NORMAL_CLOSURE, freshMask()))
    this.#socket.end()
  }

  #connected(address: ChatAddress): void {
    if (this.#transport === 'tcp') {
      this.#isOpen = true
      this.#sink.opened()
      return
    }
    this.#handshake = createHandshake(address.host, address.port, '/', randomFillSync(Buffer.allocUnsafe(16)))
    this.#socket.write(this.#handshake.request)
  }

  #takeRead(bytesRead: number): boolean {
    const { storage, headroomBytes } = this.#area
    let bytes = storage
    let start = headroomBytes
    let end = headroomBytes + bytesRead
    this.#sink.bytesRead(bytesRead)
    const carry = this.#carry
    if (carry !== null && carry.length <= headroomBytes) {
      start -= carry.length
      carry.copy(storage, start)
    } else if (carry !== null) {
      bytes = Buffer.concat([carry, storage.subarray(start, end)])
      start = 0
      end = bytes.length
    }
    const used = this.#handshake === null ? this.#framer.feed(bytes, start, end) : this.#takeHandshake(bytes, start, end)
    this.#carry = used < end ? Buffer.from(bytes.subarray(used, end)) : null
    return true
  }

  #takeHandshake(bytes: Buffer, start: number, end: number): number {
    const headerEnd = bytes.subarray(start, end).indexOf(HEADER_END)
    if (headerEnd < 0) {
      if (end - start > MAX_RESPONSE_BYTES)
        this.#refuseHandshake(`Expected at most ${MAX_RESPONSE_BYTES} bytes of headers at the upgrade, got more`)
      return start
    }
    const rejection = this.#handshake?.rejects(bytes.toString('latin1', start, start + headerEnd)) ?? null
    if (rejection !== null) {
      this.#refuseHandshake(rejection)
      return end
    }
    this.#handshake = null
    this.#isOpen = true
    this.#sink.opened()
    return this.#framer.feed(bytes, start + headerEnd + HEADER_END.length, end)
  }

  #refuseHandshake(reason: string): void {
    this.#error ||= reason
    this.#socket.destroy()
  }

  #closed(): void {
    this.#carry = null
    this.#sink.closed({ code: this.#closeCode, reason: this.#closeReason, error: this.#error, byUs: this.#closing })
  }
}

/** Masks keep intermediaries from being tricked, not secrets; a cheap generator is enough for a test's client. */
let maskState = 0x9e3779b9
export function freshMask(): number {
  maskState ^= maskState << 13
  maskState ^= maskState >>> 17
  maskState ^= maskState << 5
  return maskState >>> 0
}
