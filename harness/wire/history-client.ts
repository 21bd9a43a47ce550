/**
 * A client that reads every server message in full, for examinations: nothing is compared with what was expected, everything is handed on.
 * It makes objects of all it reads, so it suits thousands of deliveries a second, not millions.
 */
import { Buffer } from 'node:buffer'
import { type ChatAddress, ChatSocket, type ChatSocketSink, type CloseInfo, freshMask } from './chat-socket.ts'
import type { ReadArea } from './read-area.ts'
import { encodeClientFrame, OPCODE } from './websocket-frames.ts'
import { shownJson } from './shown-json.ts'

export interface HistoryClientSink {
  opened(): void
  /** Bytes came in, whatever they are. */
  heard(bytes: number): void
  delivery(channel: string, body: string): void
  joined(id: number): void
  welcome(id: number): void
  shed(id: number): void
  refused(id: number | null, message: string): void
  /** Output that is not the protocol. The connection is let go. */
  garbled(reason: string): void
  closed(info: CloseInfo): void
}

const EXCERPT_BYTES = 120

export class HistoryClient implements ChatSocketSink {
  readonly #socket: ChatSocket
  readonly #sink: HistoryClientSink
  readonly #transport: ChatAddress['transport']
  readonly #utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

  constructor(address: ChatAddress, area: ReadArea, sink: HistoryClientSink) {
    this.#sink = sink
    this.#transport = address.transport
    this.#socket = new ChatSocket(address, area, this)
  }

  /** One JSON text as the bytes that carry it: a frame, or a line. */
  encode(text: string): Buffer {
    return this.#transport === 'ws' ? encodeClientFrame(OPCODE.text, Buffer.from(text), freshMask()) : Buffer.from(`${text}\n`)
  }

  /** Bytes as they are; whole messages come from `encode`, broken ones from the caller. */
  write(bytes: Buffer): void {
    this.#socket.write(bytes)
  }

  get queuedBytes(): number {
    return this.#socket.queuedBytes
  }

  /** Of our end of the connection; 0 before it is open. */
  get localPort(): number {
    return this.#socket.localPort
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  close(): void {
    this.#socket.close()
  }

  end(): void {
    this.#socket.end()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  reset(): void {
    this.#socket.reset()
  }

  opened(): void {
    this.#sink.opened()
  }

  bytesRead(bytes: number): void {
    this.#sink.heard(bytes)
  }

  /** Nothing is remembered between reads. */
  known(_bytes: Buffer, start: number): number {
    return start
  }

  message(bytes: Buffer, start: number, end: number): void {
    const parsed = this.#parse(bytes.subarray(start, end))
    if (parsed === undefined) return
    for (const one of Array.isArray(parsed) ? (parsed as unknown[]) : [parsed]) this.#take(one)
  }

  garbled(reason: string): void {
    this.#sink.garbled(reason)
  }

  closed(info: CloseInfo): void {
    this.#sink.closed(info)
  }

  #parse(bytes: Buffer): unknown {
    try {
      return JSON.parse(this.#utf8.decode(bytes))
    } catch (error) {
      const what = error instanceof SyntaxError ? 'JSON' : 'UTF-8'
      this.#garble(`Expected a server message to be valid ${what}, got ${excerpt(bytes)}`)
      return undefined
    }
  }

  #take(parsed: unknown): void {
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
      this.#garble(`Expected an object, or an array of objects, got ${excerpt(Buffer.from(shownJson(parsed)))}`)
      return
    }
    const { type, id, channel, body, message } = parsed as Record<string, unknown>
    switch (type) {
      case 'message':
        if (typeof channel === 'string' && typeof body === 'string') this.#sink.delivery(channel, body)
        else this.#garble(`Expected a message to have a channel and a body, got ${excerpt(Buffer.from(shownJson(parsed)))}`)
        return
      case 'joined':
      case 'welcome':
      case 'shed':
        if (typeof id === 'number') this.#sink[type](id)
        return
      case 'error':
        this.#sink.refused(typeof id === 'number' ? id : null, typeof message === 'string' ? message : '')
        return
      default:
      // Either side ignores types that it does not know.
    }
  }

  #garble(reason: string): void {
    this.#sink.garbled(reason)
    this.#socket.destroy()
  }
}

function excerpt(bytes: Buffer): string {
  const text = JSON.stringify(bytes.toString('utf8', 0, EXCERPT_BYTES))
  return bytes.length > EXCERPT_BYTES ? `${text} and ${bytes.length - EXCERPT_BYTES} bytes more` : text
}
