import type { Version } from './entry.ts'
import { ownCopy } from './entry-codec.ts'

/**
 * What nodes ask of each other, all by POST on the port that clients use:
 *
 * - `/peer/entries` takes records (see `entry-codec.ts`) and merges them;
 * - `/peer/digests` returns the digests of all buckets;
 * - `/peer/versions` takes bucket numbers and returns the versions of their keys;
 * - `/peer/records` takes keys and returns their records.
 *
 * Peers are trusted, as whoever reaches the port is: the store belongs on a network of its own.
 */
export const PEER_PATHS = {
  entries: '/peer/entries',
  digests: '/peer/digests',
  versions: '/peer/versions',
  records: '/peer/records',
} as const
export type PeerPath = (typeof PEER_PATHS)[keyof typeof PEER_PATHS]

export interface KeyVersion extends Version {
  readonly key: string
  /** Of the value; 0 for a delete. */
  readonly valueBytes: number
}

const VERSION_BYTES = 18

export function encodeBuckets(buckets: readonly number[]): Buffer {
  const message = Buffer.allocUnsafe(buckets.length * 2)
  buckets.forEach((bucket, at) => message.writeUInt16BE(bucket, at * 2))
  return message
}

/** @throws RangeError where the message is cut short. */
export function decodeBuckets(message: Buffer): number[] {
  return Array.from({ length: Math.ceil(message.length / 2) }, (_, at) => message.readUInt16BE(at * 2))
}

export function encodeKeys(keys: readonly string[]): Buffer {
  return Buffer.concat(keys.flatMap(key => encodeKey(key)))
}

/** @throws RangeError where the message is cut short. */
export function decodeKeys(message: Buffer): string[] {
  const keys: string[] = []
  for (let at = 0; at < message.length;) {
    const { key, end } = decodeKey(message, at)
    keys.push(key)
    at = end
  }
  return keys
}

export function encodeVersions(versions: readonly KeyVersion[]): Buffer {
  return Buffer.concat(versions.flatMap(version => [...encodeKey(version.key), encodeVersion(version)]))
}

/** @throws RangeError where the message is cut short. */
export function decodeVersions(message: Buffer): KeyVersion[] {
  const versions: KeyVersion[] = []
  for (let at = 0; at < message.length;) {
    const { key, end } = decodeKey(message, at)
    versions.push({
      key,
      time: message.readDoubleBE(end),
      origin: message.readUIntBE(end + 8, 6),
      valueBytes: message.readUInt32BE(end + 14),
    })
    at = end + VERSION_BYTES
  }
  return versions
}

function encodeVersion({ time, origin, valueBytes }: KeyVersion): Buffer {
  const fields = Buffer.allocUnsafe(VERSION_BYTES)
  fields.writeDoubleBE(time, 0)
  fields.writeUIntBE(origin, 8, 6)
  fields.writeUInt32BE(valueBytes, 14)
  return fields
}

function encodeKey(key: string): [Buffer, Buffer] {
  const bytes = Buffer.from(key)
  const length = Buffer.allocUnsafe(2)
  length.writeUInt16BE(bytes.length)
  return [length, bytes]
}

function decodeKey(message: Buffer, at: number): { key: string; end: number } {
  const start = at + 2
  const end = start + message.readUInt16BE(at)
  if (end > message.length) throw new RangeError(`Expected a key up to byte ${end}, got a message of ${message.length} bytes.`)
  // Keys may live as long as the store does; a slice of the message would keep all of it.
  return { key: ownCopy(message.subarray(start, end)).toString(), end }
}
