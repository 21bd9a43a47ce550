/** The `ws` transport after the handshake: server frames, fragmented or not, with control frames in between (RFC 6455, section 5). */
import { Buffer } from 'node:buffer'
import { type Framer, type FramerSink, MAX_SERVER_MESSAGE_BYTES } from './message-framer.ts'
import { OPCODE } from './websocket-frames.ts'

/** RFC 6455, section 5.5. */
const MAX_CONTROL_BYTES = 125
const WHOLE_TEXT_FRAME = 0x80 | OPCODE.text

export interface FrameSink extends FramerSink {
  ping(payload: Buffer): void
  pong(payload: Buffer): void
  /** The server's close frame; code 1005 stands for none given. */
  closeFrame(code: number, reason: string): void
}

export class FrameFramer implements Framer {
  readonly #sink: FrameSink
  #fragments: Buffer[] | null = null
  #fragmentBytes = 0

  constructor(sink: FrameSink) {
    this.#sink = sink
  }

  feed(bytes: Buffer, start: number, end: number): number {
    let at = start
    while (at + 2 <= end) {
      const known = this.#fragments === null ? this.#sink.known(bytes, at, end) : at
      if (known > at) {
        at = known
        continue
      }
      const frameAt = at
      const first = bytes[at] ?? 0
      const second = bytes[at + 1] ?? 0
      let payloadAt = at + 2
      let length = second
      if (second > 125) {
        if (second & 0x80) return this.#giveUp('Expected unmasked frames from the server, got a masked one', end)
        payloadAt = second === 126 ? at + 4 : at + 10
        if (payloadAt > end) break
        length = second === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2))
        if (length > MAX_SERVER_MESSAGE_BYTES)
          return this.#giveUp(`Expected a frame of at most ${MAX_SERVER_MESSAGE_BYTES} bytes, got ${length}`, end)
      }
      if (payloadAt + length > end) break
      at = payloadAt + length
      if (first === WHOLE_TEXT_FRAME && this.#fragments === null) this.#sink.message(bytes, payloadAt, at, frameAt, at)
      else if (!this.#takeOtherFrame(first, bytes, payloadAt, at)) return end
    }
    return at
  }

  #takeOtherFrame(first: number, bytes: Buffer, start: number, end: number): boolean {
    const final = (first & 0x80) !== 0
    const opcode = first & 0x0f
    if (first & 0x70) return this.#refuse(`Expected no reserved bits in a frame, got first byte 0x${first.toString(16)}`)
    if (opcode >= OPCODE.close && (!final || end - start > MAX_CONTROL_BYTES))
      return this.#refuse(`Expected control frames whole and of at most ${MAX_CONTROL_BYTES} bytes, got opcode ${opcode} otherwise`)
    switch (opcode) {
      case OPCODE.text:
        if (this.#fragments !== null) return this.#refuse('Expected a continuation frame, got a new text frame inside a fragmented message')
        this.#fragments = []
        this.#fragmentBytes = 0
        return this.#addFragment(bytes, start, end, final)
      case OPCODE.continuation:
        if (this.#fragments === null) return this.#refuse('Expected a text frame, got a continuation of nothing')
        return this.#addFragment(bytes, start, end, final)
      case OPCODE.ping:
        this.#sink.ping(Buffer.from(bytes.subarray(start, end)))
        return true
      case OPCODE.pong:
        this.#sink.pong(Buffer.from(bytes.subarray(start, end)))
        return true
      case OPCODE.close: {
        const code = end - start >= 2 ? bytes.readUInt16BE(start) : 1005
        this.#sink.closeFrame(code, bytes.toString('utf8', Math.min(start + 2, end), end))
        return true
      }
      default:
        return this.#refuse(`Expected a text or control frame, got opcode ${opcode}`)
    }
  }

  #addFragment(bytes: Buffer, start: number, end: number, final: boolean): boolean {
    const fragments = this.#fragments ?? []
    fragments.push(Buffer.from(bytes.subarray(start, end)))
    this.#fragmentBytes += end - start
    if (this.#fragmentBytes > MAX_SERVER_MESSAGE_BYTES)
      return this.#refuse(`Expected a message of at most ${MAX_SERVER_MESSAGE_BYTES} bytes, got one without end`)
    if (!final) return true
    this.#fragments = null
    const whole = Buffer.concat(fragments)
    this.#sink.message(whole, 0, whole.length, -1, -1)
    return true
  }

  #refuse(reason: string): boolean {
    this.#sink.garbled(reason)
    return false
  }

  #giveUp(reason: string, end: number): number {
    this.#sink.garbled(reason)
    return end
  }
}
