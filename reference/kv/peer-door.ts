import { BUCKET_COUNT } from './bucket-digests.ts'
import { decodeRecords, encodeRecord } from './entry-codec.ts'
import { decodeBuckets, decodeKeys, encodeVersions, PEER_PATHS, type PeerPath } from './peer-messages.ts'
import type { SavedStore } from './saved-store.ts'

/**
 * Answers one request of a peer.
 *
 * @throws RangeError where the message is no peer's.
 * @throws DiskRefusal where entries cannot be saved here.
 */
export async function answerPeer(path: PeerPath, message: Buffer, saved: SavedStore): Promise<Buffer> {
  switch (path) {
    case PEER_PATHS.entries: {
      const entries = decodeRecords(message)
      await saved.waitForRoom()
      for (const { key, entry } of entries) saved.merge(key, entry)
      return Buffer.alloc(0)
    }
    case PEER_PATHS.digests:
      return saved.store.digests.encode()
    case PEER_PATHS.versions:
      return versionsOf(decodeBuckets(message), saved)
    case PEER_PATHS.records:
      return recordsOf(decodeKeys(message), saved)
  }
}

function versionsOf(buckets: readonly number[], saved: SavedStore): Buffer {
  const wrong = buckets.find(bucket => bucket >= BUCKET_COUNT)
  if (wrong !== undefined) throw new RangeError(`Expected buckets below ${BUCKET_COUNT}, got ${wrong}.`)
  const versions = buckets.flatMap(bucket =>
    [...saved.store.entriesOf(bucket)].map(([key, { time, origin, value }]) => ({ key, time, origin, valueBytes: value?.length ?? 0 })),
  )
  return encodeVersions(versions)
}

function recordsOf(keys: readonly string[], saved: SavedStore): Buffer {
  return Buffer.concat(
    keys.flatMap(key => {
      const entry = saved.store.entry(key)
      return entry === undefined ? [] : [encodeRecord(key, entry)]
    }),
  )
}
