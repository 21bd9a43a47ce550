/** Values that say which write they are of, so that a reader needs no table to know whether it read what somebody had written. */

/** Key and write as eight hexadecimal digits each, and what sets them apart: 18 bytes, and at least 6 that follow from both. */
const HEADER = /^([0-9a-f]{8})-([0-9a-f]{8})=/
const HEADER_BYTES = 18

/** `bytes` is 24 or more. ASCII, so that text and bytes are the same. */
export function valueOf(key: number, write: number, bytes: number): Buffer {
  const value = Buffer.allocUnsafe(bytes)
  value.write(`${hex(key)}-${hex(write)}=`, 0, 'latin1')
  let state = (Math.imul(key + 1, 0x9e3779b1) ^ Math.imul(write + 1, 0x85ebca6b)) >>> 0
  for (let at = HEADER_BYTES; at < bytes; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    value[at] = 0x61 + ((state >>> 24) % 26)
  }
  return value
}

/** Which write of that key the value is of; undefined where it is none, whole and unchanged. `bytesOf` gives how long that write's value was. */
export function writeOf(value: Buffer, key: number, bytesOf: (write: number) => number | undefined): number | undefined {
  const [, keyDigits, writeDigits] = HEADER.exec(value.toString('latin1', 0, HEADER_BYTES)) ?? []
  if (keyDigits !== hex(key) || writeDigits === undefined) return undefined
  const write = Number.parseInt(writeDigits, 16)
  const bytes = bytesOf(write)
  return bytes === value.length && valueOf(key, write, bytes).equals(value) ? write : undefined
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0')
}
