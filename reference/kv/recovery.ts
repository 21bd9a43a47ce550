import { open, truncate, writeFile, type FileHandle } from 'node:fs/promises'
import { basename } from 'node:path'
import { listDataFiles, type DataFile } from './data-files.ts'
import { decodeRecord, MAX_RECORD_BYTES, type KeyedEntry } from './entry-codec.ts'
import type { Say } from './log-lines.ts'

const READ_BYTES = 4 * 1024 * 1024

export interface Recovered {
  /** The highest number of any file with data in it; 0 where there is none. */
  readonly lastNumber: number
  readonly records: number
  readonly logBytes: number
}

/** What of a file could be read: everything before the first record that is not whole. */
interface SoundPart {
  readonly records: number
  readonly soundBytes: number
}

/**
 * Reads all that the folder holds. What follows a record that is torn or damaged cannot be trusted and is cut off from its file, with a line
 * that says so; a kill in the middle of a write leaves just that. The bytes cut off are kept beside it for a person to look at.
 */
export async function recover(folder: string, take: (record: KeyedEntry) => void, say: Say): Promise<Recovered> {
  let lastNumber = 0
  let records = 0
  let logBytes = 0
  for (const file of await listDataFiles(folder)) {
    const read = await readDataFile(file, take, say)
    records += read.records
    if (file.kind === 'log') logBytes += read.soundBytes
    if (read.soundBytes > 0) lastNumber = Math.max(lastNumber, file.number)
  }
  return { lastNumber, records, logBytes }
}

async function readDataFile(file: DataFile, take: (record: KeyedEntry) => void, say: Say): Promise<SoundPart> {
  const handle = await open(file.path, 'r')
  try {
    const { size } = await handle.stat()
    const read = await readRecords(handle, take)
    if (read.soundBytes < size) await cutOff(file, handle, read.soundBytes, size, say)
    return read
  } finally {
    await handle.close()
  }
}

async function readRecords(handle: FileHandle, take: (record: KeyedEntry) => void): Promise<SoundPart> {
  const block = Buffer.allocUnsafe(READ_BYTES + MAX_RECORD_BYTES)
  let records = 0
  let soundBytes = 0
  for (;;) {
    const bytes = await fill(handle, block, soundBytes)
    let at = 0
    // Near the end of the block a record may be incomplete; it is read again as the first of the next block.
    while (at < bytes.length && (bytes.length < block.length || at <= READ_BYTES)) {
      const record = decodeRecord(bytes, at)
      if (record === undefined) return { records, soundBytes: soundBytes + at }
      take(record)
      records += 1
      at = record.end
    }
    soundBytes += at
    if (bytes.length < block.length) return { records, soundBytes }
  }
}

/** Reads until the block is full or the file ends; a single read may stop short of either. */
async function fill(handle: FileHandle, block: Buffer, position: number): Promise<Buffer> {
  let length = 0
  while (length < block.length) {
    const { bytesRead } = await handle.read(block, length, block.length - length, position + length)
    if (bytesRead === 0) break
    length += bytesRead
  }
  return block.subarray(0, length)
}

async function cutOff(file: DataFile, handle: FileHandle, soundBytes: number, size: number, say: Say): Promise<void> {
  const name = basename(file.path)
  say(`${name}: ${size - soundBytes} of ${size} bytes at the end are torn or damaged and were cut off; kept as ${name}.cut`)
  try {
    await writeFile(`${file.path}.cut`, handle.createReadStream({ start: soundBytes, autoClose: false }))
  } catch (error) {
    say(`${name}: could not keep the bytes cut off: ${error instanceof Error ? error.message : String(error)}`)
  }
  await truncate(file.path, soundBytes)
}
