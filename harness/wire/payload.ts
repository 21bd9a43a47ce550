/**
 * What a load message's body holds: a header of fixed-width fields, then padding that follows from the header. So any receiver can tell
 * from the bytes alone which message this is, when it was due and whether a single byte of it was changed on the way or is missing.
 *
 * `~A` channel(3) sequence(5) sender(4) dueUs(7) length(3) check(1), in digits of base 64 that no JSON encoder has a reason to escape.
 */
import { Buffer } from 'node:buffer'

export const HEADER_BYTES = 25
export const MAX_CHANNEL = 64 ** 3 - 1
export const MAX_SEQUENCE = 2 ** 30 - 1

export type BodyText = 'ascii' | 'unicode'

/** The fields of a header. One object is reused for all decoding, so copy what must last. */
export interface Header {
  channel: number
  sequence: number
  sender: number
  /** Microseconds since the schedule's start. */
  dueUs: number
}

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_'
const DIGIT = new Uint8Array(256).fill(64)
for (let digit = 0; digit < 64; digit++) DIGIT[ALPHABET.charCodeAt(digit)] = digit
const DIGIT_BYTES = Buffer.from(ALPHABET, 'latin1')
const MARK_0 = 0x7e
const MARK_1 = 0x41
const FIELDS_AT = 2
/** Where, in a header, the byte stands in which two messages of a channel that follow each other differ. */
export const LAST_SEQUENCE_DIGIT = 9
const LENGTH_AT = 21
const CHECK_AT = 24

const PAD_OFFSETS = 1 << 16
const MAX_BODY_BYTES = 16_384
const PADS: Record<BodyText, Buffer> = { ascii: asciiPad(), unicode: unicodePad() }

/** Writes the whole body (header and padding) at `target[at..at + bodyBytes)`. `bodyBytes` is at least HEADER_BYTES. */
export function writeBody(target: Buffer, at: number, header: Header, bodyBytes: number, text: BodyText): void {
  target[at] = MARK_0
  target[at + 1] = MARK_1
  writeDigits(target, at + 2, header.channel, 3)
  writeDigits(target, at + 5, header.sequence, 5)
  writeDigits(target, at + 10, header.sender, 4)
  writeDigits(target, at + 14, header.dueUs, 7)
  writeDigits(target, at + LENGTH_AT, bodyBytes, 3)
  target[at + CHECK_AT] = DIGIT_BYTES[checkOf(target, at)] ?? 0
  const padBytes = bodyBytes - HEADER_BYTES
  const from = padOffset(header)
  PADS[text].copy(target, at + HEADER_BYTES, from, from + (text === 'ascii' ? padBytes : padBytes & ~3))
  if (text === 'unicode') target.fill(0x78, at + HEADER_BYTES + (padBytes & ~3), at + bodyBytes)
}

/** True where a header may begin. */
export function isHeaderMark(source: Uint8Array, at: number): boolean {
  return source[at] === MARK_0 && source[at + 1] === MARK_1
}

/** Reads the header at `source[at..]` into `into`. False where the bytes there are no header, or its check digit does not fit. */
export function readHeader(source: Uint8Array, at: number, into: Header): boolean {
  if (!isHeaderMark(source, at)) return false
  const channel = readDigits(source, at + 2, 3)
  const sequence = readDigits(source, at + 5, 5)
  const sender = readDigits(source, at + 10, 4)
  const dueUs = readDigits(source, at + 14, 7)
  if (channel < 0 || sequence < 0 || sender < 0 || dueUs < 0) return false
  into.channel = channel
  into.sequence = sequence
  into.sender = sender
  into.dueUs = dueUs
  return DIGIT[source[at + CHECK_AT] ?? 0] === checkOf(source, at)
}

/** True when `source[at..at + bodyBytes)` is, byte for byte, the body that `writeBody` gives for this header. */
export function bodyMatches(source: Buffer, at: number, bodyBytes: number, header: Header, text: BodyText): boolean {
  const padBytes = bodyBytes - HEADER_BYTES
  if (padBytes < 0 || padBytes > MAX_BODY_BYTES || readDigits(source, at + LENGTH_AT, 3) !== bodyBytes) return false
  const whole = text === 'ascii' ? padBytes : padBytes & ~3
  const from = padOffset(header)
  const padAt = at + HEADER_BYTES
  if (whole > 0 && source.compare(PADS[text], from, from + whole, padAt, padAt + whole) !== 0) return false
  for (let i = padAt + whole; i < padAt + padBytes; i++) if (source[i] !== 0x78) return false
  return true
}

function padOffset(header: Header): number {
  const mixed =
    Math.imul(header.channel, 0x9e3779b1) ^
    Math.imul(header.sequence, 0x85ebca6b) ^
    Math.imul(header.sender, 0xc2b2ae35) ^
    (header.dueUs % 65_521)
  return ((mixed ^ (mixed >>> 15)) & (PAD_OFFSETS - 1) & ~3) >>> 0
}

/** Weights that are odd, and so have an inverse modulo 64: a change of any one digit changes the sum. */
function checkOf(source: Uint8Array, at: number): number {
  let sum = 0
  for (let i = FIELDS_AT; i < CHECK_AT; i++) sum += (DIGIT[source[at + i] ?? 0] ?? 0) * (2 * i + 1)
  return sum & 63
}

function writeDigits(target: Buffer, at: number, value: number, width: number): void {
  let rest = value
  for (let i = at + width - 1; i >= at; i--) {
    const next = Math.floor(rest / 64)
    target[i] = DIGIT_BYTES[rest - next * 64] ?? 0
    rest = next
  }
}

/** The number, or -1 where a byte is no digit. Five digits and fewer stay within 30 bits, so the common case is integer arithmetic. */
function readDigits(source: Uint8Array, at: number, width: number): number {
  if (width > 5) {
    const high = readDigits(source, at, width - 5)
    const low = readDigits(source, at + width - 5, 5)
    return high < 0 || low < 0 ? -1 : high * 2 ** 30 + low
  }
  let value = 0
  let bad = 0
  for (let i = at; i < at + width; i++) {
    const digit = DIGIT[source[i] ?? 0] ?? 64
    bad |= digit & 64
    value = (value << 6) | (digit & 63)
  }
  return bad === 0 ? value : -1
}

function asciiPad(): Buffer {
  const pad = Buffer.alloc(PAD_OFFSETS + MAX_BODY_BYTES)
  const letters = Buffer.from('abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ.0123456789', 'latin1')
  let state = 0x2545f491
  for (let i = 0; i < pad.length; i++) {
    state = nextState(state)
    pad[i] = letters[(state >>> 8) & 63] ?? 0x78
  }
  return pad
}

/** Units of exactly four UTF-8 bytes, so that a cut at a multiple of four never splits a character. */
function unicodePad(): Buffer {
  const units = ['😀', 'éß', 'a€', '"\\/x', '\u2028z', 'Ωж', "<&>'", '漢b', '🧪', '\t\u0001\n ', 'text', '\u00a0\u00fc'].map(unit =>
    Buffer.from(unit),
  )
  const pad = Buffer.alloc(PAD_OFFSETS + MAX_BODY_BYTES)
  let state = 0x1234567
  for (let at = 0; at < pad.length; at += 4) {
    state = nextState(state)
    const unit = units[(state >>> 8) % units.length]
    if (unit?.length !== 4) throw new Error('Expected every padding unit to be 4 bytes of UTF-8. This is a bug in Assay.')
    unit.copy(pad, at)
  }
  return pad
}

function nextState(state: number): number {
  let next = state ^ (state << 13)
  next ^= next >>> 17
  return (next ^ (next << 5)) | 0
}
