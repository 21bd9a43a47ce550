/** Keys and values that files of lines, separators and C strings do not survive. */
import type { Random } from '../../scenario/seeded-random.ts'

/** By the contract. */
export const LARGEST_VALUE_BYTES = 1024 * 1024

const EVERY_BYTE = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
const LARGE_BYTES = 65_536
/** UTF-8 of every character from NUL to ÿ is 384 bytes; a key holds 256 at most, so it is told in parts. */
const PART = 64
const LATIN = Array.from({ length: 256 / PART }, (_, part) =>
  String.fromCharCode(...Array.from({ length: PART }, (_, at) => part * PART + at)),
)

/** `key` made odd, for every fourth place or so; at most 256 bytes of UTF-8 where `key` has up to 100. */
export function oddKey(key: string, place: number): string {
  const odd = ['\n', '\0', '\r\n', '\t', ' ', ',', '"', '\\', '=', ...LATIN]
  return place % 4 === 0 ? `${key}${odd[(place / 4) % odd.length] ?? ''}end` : key
}

/** Of its own by its mark, so that a read says which write it has seen; apart from the empty one, for a key that is written the first time. */
export function oddValue(random: Random, mark: string, place: number, isFirst: boolean): Buffer {
  switch (place % 10) {
    case 0:
      return Buffer.from(`${mark}\nand a second line\n`)
    case 1:
      return Buffer.from(`${mark}\0after a NUL\0`)
    case 2:
      return Buffer.concat([Buffer.from(mark), EVERY_BYTE])
    case 3:
      return Buffer.from(`${mark}\r\n\r\nPUT /kv/other HTTP/1.1\r\n\r\n`)
    case 4:
      return Buffer.from(JSON.stringify({ [mark]: 'a "quoted" \\ text', list: [1, 2] }))
    case 5:
      return Buffer.concat([Buffer.from(mark), Buffer.alloc(1 + random.below(LARGE_BYTES), mark)])
    case 6:
      return isFirst && random.below(4) === 0 ? Buffer.alloc(0) : Buffer.from(`${mark},${mark}\t${mark}=${mark};`)
    default:
      return Buffer.from(`value ${mark}`)
  }
}
