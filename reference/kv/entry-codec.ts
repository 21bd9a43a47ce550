import { crc32 } from 'node:zlib'
import type { Entry } from './entry.ts'
import { LIMITS } from './limits.ts'

/**
 * A record, on disk and between nodes: length and checksum (4 bytes each), then time (8), origin (6), kind (1), key length (2), key, value.
 * Numbers are big-endian. The checksum covers the length too, so that neither a torn record nor a run of zeros reads as a record.
 */
const HEADER_BYTES = 8
const FIXED_BYTES = 17
const KIND_VALUE = 1
const KIND_TOMBSTONE = 2

export const MAX_RECORD_BYTES = HEADER_BYTES + FIXED_BYTES + LIMITS.maxKeyBytes + LIMITS.maxValueBytes

export interface KeyedEntry {
  readonly key: string
  readonly entry: Entry
}

export interface DecodedRecord extends KeyedEntry {
  /** Where the next record begins. */
  readonly end: number
}

export function recordBytes(key: string, entry: Entry): number {
  return HEADER_BYTES + FIXED_BYTES + Buffer.byteLength(key) + (entry.value?.length ?? 0)
}

export function encodeRecord(key: string, entry: Entry): Buffer {
  const record = Buffer.allocUnsafe(recordBytes(key, entry))
  let at = record.writeUInt32BE(record.length - HEADER_BYTES, 0)
  at = record.writeDoubleBE(entry.time, HEADER_BYTES)
  at = record.writeUIntBE(entry.origin, at, 6)
  at = record.writeUInt8(entry.value === null ? KIND_TOMBSTONE : KIND_VALUE, at)
  const keyAt = at + 2
  const keyBytes = record.write(key, keyAt)
  record.writeUInt16BE(keyBytes, at)
  if (entry.value !== null) record.set(entry.value, keyAt + keyBytes)
  record.writeUInt32BE(checksum(record), 4)
  return record
}

/** The record that begins at `start`; undefined where it is not all there, or damaged. The value is a copy with memory of its own. */
export function decodeRecord(bytes: Buffer, start: number): DecodedRecord | undefined {
  if (bytes.length - start < HEADER_BYTES + FIXED_BYTES) return undefined
  const payloadBytes = bytes.readUInt32BE(start)
  const end = start + HEADER_BYTES + payloadBytes
  if (payloadBytes < FIXED_BYTES || end > bytes.length || end - start > MAX_RECORD_BYTES) return undefined
  const record = bytes.subarray(start, end)
  if (record.readUInt32BE(4) !== checksum(record)) return undefined
  const keyBytes = record.readUInt16BE(HEADER_BYTES + 15)
  const keyAt = HEADER_BYTES + FIXED_BYTES
  const kind = record.readUInt8(HEADER_BYTES + 14)
  if (keyAt + keyBytes > record.length || (kind !== KIND_VALUE && kind !== KIND_TOMBSTONE)) return undefined
  const entry: Entry = {
    time: record.readDoubleBE(HEADER_BYTES),
    origin: record.readUIntBE(HEADER_BYTES + 8, 6),
    value: kind === KIND_TOMBSTONE ? null : ownCopy(record.subarray(keyAt + keyBytes)),
  }
  return { key: record.toString('utf8', keyAt, keyAt + keyBytes), entry, end }
}

/**
 * All records of a peer's message.
 *
 * @throws RangeError where it does not consist of whole, sound records.
 */
export function decodeRecords(message: Buffer): KeyedEntry[] {
  const entries: KeyedEntry[] = []
  for (let at = 0; at < message.length;) {
    const record = decodeRecord(message, at)
    if (record === undefined) throw new RangeError(`Expected a record at byte ${at} of ${message.length}, got something else.`)
    entries.push(record)
    at = record.end
  }
  return entries
}

/** A copy outside Node's shared pool, where one small value that lives long would keep eight kilobytes alive. */
export function ownCopy(...parts: readonly Buffer[]): Buffer {
  const copy = Buffer.allocUnsafeSlow(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    copy.set(part, at)
    at += part.length
  }
  return copy
}

function checksum(record: Buffer): number {
  return crc32(record.subarray(HEADER_BYTES), crc32(record.subarray(0, 4)))
}
