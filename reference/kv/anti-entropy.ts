import { decodeRecords, encodeRecord } from './entry-codec.ts'
import { isNewer } from './entry.ts'
import { LIMITS } from './limits.ts'
import type { PeerLink } from './peer-link.ts'
import { decodeVersions, encodeBuckets, encodeKeys, PEER_PATHS, type KeyVersion } from './peer-messages.ts'
import type { SavedStore } from './saved-store.ts'

export interface Exchanged {
  readonly pulled: number
  readonly pushed: number
}

/**
 * Makes this node and a peer know what either knows: digests of buckets are compared, then the versions of keys in buckets that differ, and
 * only entries that one side lacks or has older go over, either way. Both sides merge, so data that is old wins nowhere. Writes go on
 * meanwhile; what they change is sent by the push, or found the next time.
 *
 * @throws Error where the peer does not answer, DiskRefusal where its entries cannot be saved here.
 */
export async function exchange(link: PeerLink, saved: SavedStore, signal: AbortSignal): Promise<Exchanged> {
  const differing = saved.store.digests.differences(await link.ask(PEER_PATHS.digests, Buffer.alloc(0), signal))
  let pulled = 0
  let pushed = 0
  for (const group of groupsOf(differing, ({ entries }) => entries, LIMITS.maxVersionsAtOnce)) {
    const buckets = group.map(({ bucket }) => bucket)
    const theirs = decodeVersions(await link.ask(PEER_PATHS.versions, encodeBuckets(buckets), signal))
    const missingThere = keysMissingThere(buckets, theirs, saved)
    pulled += await pull(link, theirs, saved, signal)
    await push(link, missingThere, saved, signal)
    pushed += missingThere.length
  }
  return { pulled, pushed }
}

function keysMissingThere(buckets: readonly number[], theirs: readonly KeyVersion[], saved: SavedStore): string[] {
  const known = new Map(theirs.map(version => [version.key, version]))
  return buckets.flatMap(bucket =>
    [...saved.store.entriesOf(bucket)].flatMap(([key, entry]) => {
      const version = known.get(key)
      return version === undefined || isNewer(entry, version) ? [key] : []
    }),
  )
}

async function pull(link: PeerLink, theirs: readonly KeyVersion[], saved: SavedStore, signal: AbortSignal): Promise<number> {
  const wanted = theirs.filter(version => {
    const entry = saved.store.entry(version.key)
    return entry === undefined || isNewer(version, entry)
  })
  let pulled = 0
  for (const group of groupsOf(wanted, ({ valueBytes }) => valueBytes + LIMITS.maxKeyBytes, LIMITS.peerBatchBytes)) {
    const message = encodeKeys(group.map(({ key }) => key))
    const records = decodeRecords(await link.ask(PEER_PATHS.records, message, signal))
    await saved.waitForRoom()
    for (const { key, entry } of records) if (saved.merge(key, entry)) pulled += 1
  }
  return pulled
}

async function push(link: PeerLink, keys: readonly string[], saved: SavedStore, signal: AbortSignal): Promise<void> {
  const sizeOf = (key: string): number => (saved.store.get(key)?.length ?? 0) + LIMITS.maxKeyBytes
  for (const group of groupsOf(keys, sizeOf, LIMITS.peerBatchBytes)) {
    const records = group.flatMap(key => {
      const entry = saved.store.entry(key)
      return entry === undefined ? [] : [encodeRecord(key, entry)]
    })
    await link.ask(PEER_PATHS.entries, Buffer.concat(records), signal)
  }
}

/** Splits a list into runs that stay within a limit together; an item that is larger by itself is a run of its own. */
function* groupsOf<Item>(items: readonly Item[], sizeOf: (item: Item) => number, limit: number): Generator<Item[]> {
  let group: Item[] = []
  let size = 0
  for (const item of items) {
    const itemSize = sizeOf(item)
    if (group.length > 0 && size + itemSize > limit) {
      yield group
      group = []
      size = 0
    }
    group.push(item)
    size += itemSize
  }
  if (group.length > 0) yield group
}
