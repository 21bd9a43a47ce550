import { createHash } from 'node:crypto'

/** Up to this many bytes a value is its own text. */
const WHOLE_BYTES = 48
const SHOWN_BYTES = 24
/** For people the mark at the beginning of a value is enough. */
const SHORT_BYTES = 12

/**
 * A text that stands for a value's bytes in histories: equal for equal bytes only. Short values are kept whole (a character a byte); of long ones
 * their beginning, length and digest.
 */
export function valueText(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (buffer.length <= WHOLE_BYTES) return buffer.toString('latin1')
  const digest = createHash('sha256').update(buffer).digest('base64url').slice(0, 22)
  return `${buffer.toString('latin1', 0, SHOWN_BYTES)}… ${buffer.length} bytes, ${digest}`
}

/** A value's text for people: quoted, and without the digest of a long one. */
export function quotedValue(text: string): string {
  const [, beginning, bytes] = /^([^]{24})… (\d+) bytes, [\w-]{22}$/.exec(text) ?? []
  return beginning === undefined ? JSON.stringify(text) : `${JSON.stringify(`${beginning.slice(0, SHORT_BYTES)}…`)} (${bytes} bytes)`
}
