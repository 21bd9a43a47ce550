/**
 * From one server message to the deliveries in it. The usual ones (flat objects, plain strings) are walked byte by byte without making a
 * string or an object, and every byte of channel and body is compared with what was sent; whatever is not of that simple form goes through
 * JSON.parse and the same comparison. So field order, spacing, escapes and batching are the server's own choice.
 */
import { Buffer } from 'node:buffer'
import { DeliveryList } from './delivery-list.ts'
import { type BodyText, bodyMatches, type Header, HEADER_BYTES, readHeader } from './payload.ts'
import { shownJson } from './shown-json.ts'

/** A server message that is no clean delivery. */
export type OddMessage =
  | { readonly kind: 'reply'; readonly reply: Readonly<Record<string, unknown>> }
  /** The header tells which message it is; the channel label is another one's. */
  | { readonly kind: 'label'; readonly header: Header; readonly label: string }
  /** The header tells which message it is; the rest of the body differs from what was sent. */
  | { readonly kind: 'body'; readonly header: Header; readonly label: string; readonly body: string }
  /** No header that can be read: a body that nobody sent, or one damaged in its first bytes. */
  | { readonly kind: 'unknown'; readonly label: string; readonly body: string }
  | { readonly kind: 'garbled'; readonly text: string }

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
const OPEN_ARRAY = 0x5b
const CLOSE_ARRAY = 0x5d
const COMMA = 0x2c
const COLON = 0x3a
const TYPE_MESSAGE = Buffer.from('message')
const QUOTED_TEXT_CHARACTERS = 200

export class DeliveryDecoder {
  /** The clean deliveries of the last message decoded. */
  readonly clean = new DeliveryList()
  /** Everything else that was in it. */
  readonly odd: OddMessage[] = []

  readonly #names: readonly Buffer[]
  readonly #text: BodyText
  readonly #header: Header = { channel: 0, sequence: 0, sender: 0, dueUs: 0 }
  readonly #utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

  /** `channelNames` by index, as the plan has them. */
  constructor(channelNames: readonly string[], text: BodyText) {
    this.#names = channelNames.map(name => Buffer.from(name))
    this.#text = text
  }

  /** Decodes one whole message, `bytes[start..end)`, into `clean` and `odd`. */
  decode(bytes: Buffer, start: number, end: number): void {
    this.clean.count = 0
    this.odd.length = 0
    if (this.#walk(bytes, start, end)) return
    this.clean.count = 0
    this.odd.length = 0
    this.#parse(bytes, start, end)
  }

  #walk(bytes: Buffer, start: number, end: number): boolean {
    let at = skipSpace(bytes, start, end)
    if (bytes[at] === OPEN_OBJECT) {
      at = this.#walkObject(bytes, at, end)
      return at > 0 && skipSpace(bytes, at, end) === end
    }
    if (bytes[at] !== OPEN_ARRAY) return false
    for (;;) {
      at = skipSpace(bytes, at + 1, end)
      if (bytes[at] !== OPEN_OBJECT) return false
      at = this.#walkObject(bytes, at, end)
      if (at < 0) return false
      at = skipSpace(bytes, at, end)
      if (bytes[at] === CLOSE_ARRAY) return skipSpace(bytes, at + 1, end) === end
      if (bytes[at] !== COMMA || at >= end) return false
    }
  }

  /** Walks a flat object that begins at `at`; returns the index behind it, or -1 where it is not a clean delivery of simple form. */
  #walkObject(bytes: Buffer, start: number, end: number): number {
    let isMessage = false
    let channelAt = -1
    let channelEnd = -1
    let bodyAt = -1
    let bodyEnd = -1
    let at = start
    do {
      at = skipSpace(bytes, at + 1, end)
      if (bytes[at] !== QUOTE) return -1
      const keyAt = at + 1
      const keyEnd = plainStringEnd(bytes, keyAt, end, false)
      if (keyEnd < 0) return -1
      at = skipSpace(bytes, keyEnd + 1, end)
      if (bytes[at] !== COLON) return -1
      at = skipSpace(bytes, at + 1, end)
      const key = knownKey(bytes, keyAt, keyEnd)
      if (bytes[at] === QUOTE) {
        const valueAt = at + 1
        const valueEnd = plainStringEnd(bytes, valueAt, end, key === 'body')
        if (valueEnd < 0) return -1
        if (key === 'body') {
          bodyAt = valueAt
          bodyEnd = valueEnd
        } else if (key === 'channel') {
          channelAt = valueAt
          channelEnd = valueEnd
        } else if (key === 'type') {
          isMessage = equalBytes(bytes, valueAt, valueEnd, TYPE_MESSAGE)
        }
        at = valueEnd + 1
      } else {
        if (key !== '') return -1
        at = plainLiteralEnd(bytes, at, end)
        if (at < 0) return -1
      }
      at = skipSpace(bytes, at, end)
    } while (bytes[at] === COMMA && at < end)
    if (bytes[at] !== CLOSE_OBJECT || at >= end || !isMessage || channelAt < 0 || bodyAt < 0) return -1
    return this.#takeClean(bytes, channelAt, channelEnd, bodyAt, bodyEnd) ? at + 1 : -1
  }

  #takeClean(bytes: Buffer, channelAt: number, channelEnd: number, bodyAt: number, bodyEnd: number): boolean {
    const header = this.#header
    if (bodyEnd - bodyAt < HEADER_BYTES || !readHeader(bytes, bodyAt, header)) return false
    const name = this.#names[header.channel]
    if (name === undefined || !equalBytes(bytes, channelAt, channelEnd, name)) return false
    if (!bodyMatches(bytes, bodyAt, bodyEnd - bodyAt, header, this.#text)) return false
    this.#add(header)
    return true
  }

  #add(header: Header): void {
    this.clean.push(header.channel, header.sequence, header.sender, header.dueUs)
  }

  #parse(bytes: Buffer, start: number, end: number): void {
    let value: unknown
    try {
      value = JSON.parse(this.#utf8.decode(bytes.subarray(start, end)))
    } catch {
      this.odd.push({ kind: 'garbled', text: quote(bytes.toString('latin1', start, Math.min(end, start + QUOTED_TEXT_CHARACTERS))) })
      return
    }
    for (const item of Array.isArray(value) ? value : [value]) this.#takeParsed(item)
  }

  #takeParsed(item: unknown): void {
    if (typeof item !== 'object' || item === null || Array.isArray(item)) {
      this.odd.push({ kind: 'garbled', text: quote(shownJson(item)) })
      return
    }
    const fields = item as Readonly<Record<string, unknown>>
    if (fields['type'] !== 'message') this.odd.push({ kind: 'reply', reply: fields })
    else if (typeof fields['channel'] !== 'string' || typeof fields['body'] !== 'string') {
      this.odd.push({ kind: 'garbled', text: quote(shownJson(item)) })
    } else this.#takeParsedDelivery(fields['channel'], fields['body'])
  }

  #takeParsedDelivery(label: string, body: string): void {
    const bytes = Buffer.from(body)
    const header: Header = { channel: 0, sequence: 0, sender: 0, dueUs: 0 }
    if (bytes.length < HEADER_BYTES || !readHeader(bytes, 0, header)) this.odd.push({ kind: 'unknown', label, body })
    else if (!bodyMatches(bytes, 0, bytes.length, header, this.#text)) this.odd.push({ kind: 'body', header, label, body })
    else if (this.#names[header.channel]?.equals(Buffer.from(label)) === true) this.#add(header)
    else this.odd.push({ kind: 'label', header, label: quote(label) })
  }
}

function skipSpace(bytes: Buffer, start: number, end: number): number {
  let at = start
  for (; at < end; at++) {
    const byte = bytes[at]
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break
  }
  return at
}

/** The index of the closing quote of a string without escapes, or -1 where it has any (or control or, unless allowed, non-ASCII bytes). */
function plainStringEnd(bytes: Buffer, start: number, end: number, allowHigh: boolean): number {
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0
    if (byte === QUOTE) return at
    if (byte === BACKSLASH || byte < 0x20 || (byte > 0x7e && !allowHigh)) return -1
  }
  return -1
}

/** The index behind a whole number, true, false or null; -1 for anything richer. */
function plainLiteralEnd(bytes: Buffer, start: number, end: number): number {
  let at = start
  while (at < end && ((bytes[at] ?? 0) - 0x30) >>> 0 < 10) at++
  if (at > start) return bytes[start] === 0x30 && at > start + 1 ? -1 : at
  for (const literal of LITERALS)
    if (equalBytes(bytes, start, Math.min(end, start + literal.length), literal)) return start + literal.length
  return -1
}
const LITERALS = ['true', 'false', 'null'].map(text => Buffer.from(text))

function knownKey(bytes: Buffer, start: number, end: number): 'type' | 'channel' | 'body' | '' {
  if (end - start === 4) {
    if (equalBytes(bytes, start, end, KEY_BODY)) return 'body'
    return equalBytes(bytes, start, end, KEY_TYPE) ? 'type' : ''
  }
  return end - start === 7 && equalBytes(bytes, start, end, KEY_CHANNEL) ? 'channel' : ''
}
const KEY_BODY = Buffer.from('body')
const KEY_TYPE = Buffer.from('type')
const KEY_CHANNEL = Buffer.from('channel')

function equalBytes(bytes: Buffer, start: number, end: number, expected: Buffer): boolean {
  if (end - start !== expected.length) return false
  for (let i = 0; i < expected.length; i++) if (bytes[start + i] !== expected[i]) return false
  return true
}

function quote(text: string): string {
  return text.length > QUOTED_TEXT_CHARACTERS ? `${text.slice(0, QUOTED_TEXT_CHARACTERS)}…` : text
}
