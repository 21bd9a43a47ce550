import { open, rename, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { BUCKET_COUNT } from './bucket-digests.ts'
import { syncFolder, temporaryPath, type DataFile } from './data-files.ts'
import { encodeRecord } from './entry-codec.ts'
import { LIMITS } from './limits.ts'
import type { Store } from './store.ts'

/**
 * Writes all entries to a file that appears under its name only when it is whole and on disk. Writes go on meanwhile: each entry is saved as it
 * is when its turn comes, and what changes later is in the log that was begun before.
 */
export async function writeSnapshot(store: Store, file: DataFile): Promise<void> {
  const path = temporaryPath(file)
  try {
    const handle = await open(path, 'w')
    try {
      for (const batch of batches(store)) await handle.appendFile(batch)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(path, file.path)
    await syncFolder(dirname(file.path))
  } catch (error) {
    // On a full disk the half-written file is what must go first; that it is missing is no second error.
    await unlink(path).catch(() => undefined)
    throw error
  }
}

/** Records in pieces, so that neither memory nor the event loop has to take all of them at once. */
function* batches(store: Store): Generator<Buffer> {
  let records: Buffer[] = []
  let bytes = 0
  for (let bucket = 0; bucket < BUCKET_COUNT; bucket++) {
    for (const [key, entry] of store.entriesOf(bucket)) {
      const record = encodeRecord(key, entry)
      records.push(record)
      bytes += record.length
      if (bytes < LIMITS.flushEarlyBytes) continue
      yield Buffer.concat(records)
      records = []
      bytes = 0
    }
  }
  if (records.length > 0) yield Buffer.concat(records)
}
