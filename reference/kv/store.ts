import { BUCKET_COUNT, BucketDigests, bucketOf } from './bucket-digests.ts'
import type { Entry } from './entry.ts'
import { isNewer } from './entry.ts'

/** The data in memory. It knows no files, sockets or clocks; all it does is keep, for each key, the newest entry it was shown. */
export class Store {
  readonly digests = new BucketDigests()
  readonly #buckets: Map<string, Entry>[] = Array.from({ length: BUCKET_COUNT }, () => new Map<string, Entry>())
  #keys = 0
  #tombstones = 0
  #bytes = 0

  /** Keys that have a value. */
  get keys(): number {
    return this.#keys
  }

  get tombstones(): number {
    return this.#tombstones
  }

  /** Bytes of keys and values, without what the runtime adds. */
  get bytes(): number {
    return this.#bytes
  }

  /** The value, or undefined where the key is absent or was deleted. */
  get(key: string): Buffer | undefined {
    return this.entry(key)?.value ?? undefined
  }

  entry(key: string): Entry | undefined {
    return this.#buckets[bucketOf(key)]?.get(key)
  }

  /** Takes the entry if it is newer than what is there, and says whether it was. */
  merge(key: string, entry: Entry): boolean {
    const bucket = bucketOf(key)
    const entries = this.#entriesOf(bucket)
    const old = entries.get(key)
    if (old !== undefined && !isNewer(entry, old)) return false
    if (old !== undefined) this.#forget(bucket, key, old)
    entries.set(key, entry)
    this.digests.add(bucket, key, entry)
    this.#count(key, entry, 1)
    return true
  }

  /** The entries of one bucket, tombstones included. Those that change meanwhile are seen as they are when their turn comes. */
  entriesOf(bucket: number): IterableIterator<[string, Entry]> {
    return this.#entriesOf(bucket).entries()
  }

  /** Forgets deletes that the caller thinks old enough. */
  dropTombstones(isOldEnough: (entry: Entry) => boolean): number {
    let dropped = 0
    this.#buckets.forEach((entries, bucket) => {
      for (const [key, entry] of entries) {
        if (entry.value !== null || !isOldEnough(entry)) continue
        entries.delete(key)
        this.#forget(bucket, key, entry)
        dropped += 1
      }
    })
    return dropped
  }

  #entriesOf(bucket: number): Map<string, Entry> {
    const entries = this.#buckets[bucket]
    if (entries === undefined) throw new RangeError(`Expected a bucket from 0 to ${BUCKET_COUNT - 1}, got ${bucket}.`)
    return entries
  }

  #forget(bucket: number, key: string, entry: Entry): void {
    this.digests.remove(bucket, key, entry)
    this.#count(key, entry, -1)
  }

  #count(key: string, entry: Entry, by: number): void {
    if (entry.value === null) this.#tombstones += by
    else this.#keys += by
    this.#bytes += by * (key.length + (entry.value?.length ?? 0))
  }
}
