/** What is kept of a key: its newest value, or the fact that it was deleted. */
export interface Entry {
  /** Which leader wrote it, and as its how manieth write; larger is newer. */
  readonly version: number
  /** null: deleted */
  readonly value: Buffer | null
}

const WRITES_PER_TERM = 2 ** 32

export function versionOf(term: number, count: number): number {
  return term * WRITES_PER_TERM + count
}

export function isNewer(version: number, entry: Entry | undefined): boolean {
  return entry === undefined || version > entry.version
}

const HEAD_BYTES = 15
const DELETED = 1

/** Length of the rest (4), version (8), flags (1), length of the key (2); then key and value. */
export function encodeEntry(key: string, { version, value }: Entry): Buffer {
  const name = Buffer.from(key)
  const head = Buffer.alloc(HEAD_BYTES)
  head.writeUInt32LE(HEAD_BYTES - 4 + name.length + (value?.length ?? 0), 0)
  head.writeDoubleLE(version, 4)
  head.writeUInt8(value === null ? DELETED : 0, 12)
  head.writeUInt16LE(name.length, 13)
  return Buffer.concat([head, name, value ?? Buffer.alloc(0)])
}

/** The entries in a buffer, as far as they are whole. */
export function* decodeEntries(bytes: Buffer): Generator<{ readonly key: string; readonly entry: Entry }> {
  let at = 0
  while (at + HEAD_BYTES <= bytes.length) {
    const end = at + 4 + bytes.readUInt32LE(at)
    if (end > bytes.length) return
    const valueAt = at + HEAD_BYTES + bytes.readUInt16LE(at + 13)
    const isDeleted = bytes.readUInt8(at + 12) === DELETED
    const value = isDeleted ? null : Buffer.from(bytes.subarray(valueAt, end))
    yield { key: bytes.toString('utf8', at + HEAD_BYTES, valueAt), entry: { version: bytes.readDoubleLE(at + 4), value } }
    at = end
  }
}
