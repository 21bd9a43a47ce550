/** Values as people read them. */

const SHOWN_BYTES = 32
const NEAR_BYTES = 8

/** Text where it is text, otherwise bytes in hexadecimal; only the beginning of what is long. */
export function bytesText(bytes: Buffer): string {
  if (bytes.length === 0) return 'an empty value'
  const shown = bytes.subarray(0, SHOWN_BYTES)
  const text = isPlainText(shown) ? JSON.stringify(shown.toString('utf8')) : `0x${shown.toString('hex')}`
  return bytes.length <= SHOWN_BYTES ? text : `${text}… (${bytes.length} bytes)`
}

/** What came instead, and where it begins to differ. */
export function differenceText(expected: Buffer, got: Buffer): string {
  const sizes = got.length === expected.length ? '' : ` (${got.length} bytes instead of ${expected.length})`
  const at = firstDifference(expected, got)
  const near = (bytes: Buffer): string => {
    const part = bytes.subarray(at, at + NEAR_BYTES)
    return part.length === 0 ? 'nothing more' : `0x${part.toString('hex')}`
  }
  return `${bytesText(got)}${sizes}: it differs from byte ${at} on, ${near(got)} instead of ${near(expected)}`
}

function firstDifference(one: Buffer, other: Buffer): number {
  const shorter = Math.min(one.length, other.length)
  for (let at = 0; at < shorter; at++) if (one[at] !== other[at]) return at
  return shorter
}

function isPlainText(bytes: Buffer): boolean {
  return bytes.every(byte => byte >= 0x20 && byte < 0x7f)
}
