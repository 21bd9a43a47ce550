import type { Version } from './entry.ts'

/** Keys are spread over so many buckets; two nodes first compare buckets, and then only the keys of those that differ. */
export const BUCKET_COUNT = 4096
const DIGEST_BYTES = 12
const HIGH_UNIT = 2 ** 32

/**
 * For each bucket the number of its entries and a digest of their keys and versions. A digest is the exclusive or of one 64-bit hash an
 * entry, so that a write changes it in constant time, and the order of writes does not matter. Values need no hash: a version has one value.
 */
export class BucketDigests {
  /** Per bucket: low word, high word, count. */
  readonly #words = new Uint32Array(BUCKET_COUNT * 3)

  add(bucket: number, key: string, version: Version): void {
    this.#change(bucket, key, version, 1)
  }

  remove(bucket: number, key: string, version: Version): void {
    this.#change(bucket, key, version, -1)
  }

  countOf(bucket: number): number {
    return this.#words[bucket * 3 + 2] ?? 0
  }

  encode(): Buffer {
    const message = Buffer.allocUnsafe(BUCKET_COUNT * DIGEST_BYTES)
    this.#words.forEach((word, at) => message.writeUInt32BE(word, at * 4))
    return message
  }

  /**
   * The buckets in which a peer's digests differ from ours, and how many entries each has at most.
   *
   * @throws RangeError where the message is not one of `encode`.
   */
  differences(message: Buffer): { readonly bucket: number; readonly entries: number }[] {
    if (message.length !== BUCKET_COUNT * DIGEST_BYTES) {
      throw new RangeError(`Expected digests of ${BUCKET_COUNT * DIGEST_BYTES} bytes, got ${message.length}.`)
    }
    const buckets = []
    for (let bucket = 0; bucket < BUCKET_COUNT; bucket++) {
      const ours = this.#words.subarray(bucket * 3, bucket * 3 + 3)
      if (ours.every((word, at) => word === message.readUInt32BE(bucket * DIGEST_BYTES + at * 4))) continue
      buckets.push({ bucket, entries: Math.max(this.countOf(bucket), message.readUInt32BE(bucket * DIGEST_BYTES + 8)) })
    }
    return buckets
  }

  #change(bucket: number, key: string, { time, origin }: Version, by: number): void {
    const at = bucket * 3
    const tail = [time % HIGH_UNIT, time / HIGH_UNIT, origin % HIGH_UNIT, origin / HIGH_UNIT]
    this.#words[at] = (this.#words[at] ?? 0) ^ tail.reduce(mix, hashOf(key, 0x9e3779b9))
    this.#words[at + 1] = (this.#words[at + 1] ?? 0) ^ tail.reduce(mix, hashOf(key, 0x7f4a7c15))
    this.#words[at + 2] = (this.#words[at + 2] ?? 0) + by
  }
}

export function bucketOf(key: string): number {
  return (hashOf(key, 0) >>> 8) % BUCKET_COUNT
}

function hashOf(key: string, seed: number): number {
  let hash = seed
  for (let at = 0; at < key.length; at++) hash = mix(hash, key.charCodeAt(at))
  return mix(hash, key.length)
}

/** One step of MurmurHash3, with part of its ending, so that near inputs end far apart. */
function mix(hash: number, word: number): number {
  let block = Math.imul(word, 0xcc9e2d51)
  block = Math.imul((block << 15) | (block >>> 17), 0x1b873593)
  const rotated = hash ^ block
  const mixed = Math.imul((rotated << 13) | (rotated >>> 19), 5) + 0xe6546b64
  return Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
}
