/** Client messages of the chat contract as the bytes that go on the wire. */
import { Buffer } from 'node:buffer'
import { type ChatAddress, freshMask } from './chat-socket.ts'
import { type BodyText, type Header, writeBody } from './payload.ts'
import { applyMask, clientHeaderBytes, OPCODE, writeClientHeader } from './websocket-frames.ts'

const SUFFIX = Buffer.from('"}')
const MAX_BODY_BYTES = 16_384

export function joinText(id: number, channels: readonly string[]): string {
  return JSON.stringify({ type: 'join', id, channels })
}

/** Encodes sends of one worker: each channel's constant part is made once. */
export class SendEncoder {
  readonly #transport: ChatAddress['transport']
  readonly #text: BodyText
  readonly #prefixes: readonly Buffer[]
  readonly #body = Buffer.allocUnsafeSlow(MAX_BODY_BYTES)

  constructor(transport: ChatAddress['transport'], channelNames: readonly string[], text: BodyText) {
    this.#transport = transport
    this.#text = text
    this.#prefixes = channelNames.map(name => Buffer.from(`"type":"send","channel":${JSON.stringify(name)},"body":"`))
  }

  /** One whole message, framed. `id` allows the server to answer `shed`; -1 leaves it out. */
  encode(header: Header, bodyBytes: number, id: number): Buffer {
    const opening = id < 0 ? OPENING : Buffer.from(`{"id":${id},`)
    const prefix = this.#prefixes[header.channel] ?? SUFFIX
    const body = this.#encodeBody(header, bodyBytes)
    const payloadBytes = opening.length + prefix.length + body.length + SUFFIX.length
    const isFramed = this.#transport === 'ws'
    const frame = Buffer.allocUnsafe(payloadBytes + (isFramed ? clientHeaderBytes(payloadBytes) : 1))
    const mask = isFramed ? freshMask() : 0
    const start = isFramed ? writeClientHeader(frame, OPCODE.text, payloadBytes, mask) : 0
    let at = start + opening.copy(frame, start)
    at += prefix.copy(frame, at)
    at += body.copy(frame, at)
    at += SUFFIX.copy(frame, at)
    if (isFramed) applyMask(frame, start, payloadBytes, mask)
    else frame[at] = 0x0a
    return frame
  }

  #encodeBody(header: Header, bodyBytes: number): Buffer {
    writeBody(this.#body, 0, header, bodyBytes, this.#text)
    const body = this.#body.subarray(0, bodyBytes)
    if (this.#text === 'ascii') return body
    return Buffer.from(JSON.stringify(body.toString()).slice(1, -1))
  }
}
const OPENING = Buffer.from('{')
