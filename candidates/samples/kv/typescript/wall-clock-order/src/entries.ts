/** What is kept of a key: its newest value, or the fact that it was deleted, and when that was. */
export interface Entry {
  /** Microseconds, by the clock of the node that took the write. */
  readonly time: number
  readonly origin: string
  /** null: deleted */
  readonly value: Buffer | null
}

export type Version = Pick<Entry, 'time' | 'origin'>

export function isNewer(a: Version, b: Version | undefined): boolean {
  if (b === undefined || a.time !== b.time) return b === undefined || a.time > b.time
  return a.origin > b.origin
}

/** The time of a write on this node; no two writes get the same. */
export class WriteClock {
  #last = 0

  next(): number {
    this.#last = Math.max(this.#last + 1, Date.now() * 1000)
    return this.#last
  }
}

const HEAD_BYTES = 19
const DELETED = 1

/** Length of the rest (4), time (8), flags (1), lengths of origin and key (2, 2), padding (2); then origin, key and value. */
export function encodeEntry(key: string, { time, origin, value }: Entry): Buffer {
  const from = Buffer.from(origin)
  const name = Buffer.from(key)
  const head = Buffer.alloc(HEAD_BYTES)
  head.writeUInt32LE(HEAD_BYTES - 4 + from.length + name.length + (value?.length ?? 0), 0)
  head.writeDoubleLE(time, 4)
  head.writeUInt8(value === null ? DELETED : 0, 12)
  head.writeUInt16LE(from.length, 13)
  head.writeUInt16LE(name.length, 15)
  return Buffer.concat([head, from, name, value ?? Buffer.alloc(0)])
}

/** The entries in a buffer, as far as they are whole. */
export function* decodeEntries(bytes: Buffer): Generator<{ readonly key: string; readonly entry: Entry }> {
  let at = 0
  while (at + HEAD_BYTES <= bytes.length) {
    const end = at + 4 + bytes.readUInt32LE(at)
    if (end > bytes.length) return
    const keyAt = at + HEAD_BYTES + bytes.readUInt16LE(at + 13)
    const valueAt = keyAt + bytes.readUInt16LE(at + 15)
    const isDeleted = bytes.readUInt8(at + 12) === DELETED
    const origin = bytes.toString('utf8', at + HEAD_BYTES, keyAt)
    const value = isDeleted ? null : Buffer.from(bytes.subarray(valueAt, end))
    yield { key: bytes.toString('utf8', keyAt, valueAt), entry: { time: bytes.readDoubleLE(at + 4), origin, value } }
    at = end
  }
}
