/** The node's files: logs that are appended to, and snapshots that replace the logs before them. All of them hold entries, in any order. */
import { open, readdir, readFile, rename, rm, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeEntries, encodeEntry, type Entry } from './entries.ts'

const SYNC_EVERY_MS = 500
const MIN_BYTES_TO_COMPACT = 64 * 1024 * 1024

interface Waiting {
  readonly bytes: Buffer
  readonly done: () => void
  readonly failed: (problem: unknown) => void
}

export class Files {
  readonly #folder: string
  #number = 0
  #log: FileHandle | undefined
  #logBytes = 0
  #bytesOnDisk = 0
  #waiting: Waiting[] = []
  #writing: Promise<void> | undefined
  #isCompacting = false
  #isSynced = true
  #syncing: NodeJS.Timeout | undefined

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Hands over everything that is on disk, and begins a new log. */
  async load(take: (key: string, entry: Entry) => void): Promise<void> {
    for (const name of await readdir(this.#folder)) {
      const number = numberOf(name)
      if (number === undefined) continue
      this.#number = Math.max(this.#number, number)
      const bytes = await readFile(join(this.#folder, name))
      this.#bytesOnDisk += bytes.length
      for (const { key, entry } of decodeEntries(bytes)) take(key, entry)
    }
    await this.#beginLog()
    this.#syncing = setInterval(() => void this.#sync().catch((problem) => console.error(problem)), SYNC_EVERY_MS)
  }

  /** Resolves once the bytes are written; those that come while a write is under way go with the next one. */
  async append(bytes: Buffer): Promise<void> {
    await new Promise<void>((done, failed) => {
      this.#waiting.push({ bytes, done, failed })
      this.#writing ??= this.#write().finally(() => {
        this.#writing = undefined
      })
    })
  }

  /** Replaces all files by one snapshot, once they have become much larger than what they hold. */
  async compactIfLarge(entries: Map<string, Entry>): Promise<void> {
    const total = this.#bytesOnDisk + this.#logBytes
    if (this.#isCompacting || total < MIN_BYTES_TO_COMPACT) return
    let live = 0
    for (const entry of entries.values()) live += entry.value?.length ?? 0
    if (total < 4 * live) return
    this.#isCompacting = true
    try {
      await this.#compact(entries)
    } catch (problem) {
      console.error(problem)
    } finally {
      this.#isCompacting = false
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#syncing)
    await this.#writing
    await this.#sync()
  }

  async #compact(entries: Map<string, Entry>): Promise<void> {
    const old = (await readdir(this.#folder)).filter((name) => numberOf(name) !== undefined)
    await this.#beginLog()
    const temporary = join(this.#folder, 'snapshot.tmp')
    const file = await open(temporary, 'w')
    let bytes = 0
    for (const [key, entry] of entries) {
      if (entry.value === null) {
        entries.delete(key)
        continue
      }
      const record = encodeEntry(key, entry)
      bytes += record.length
      await file.write(record)
    }
    await file.sync()
    await file.close()
    await rename(temporary, join(this.#folder, `snapshot-${this.#number}`))
    for (const name of old) await rm(join(this.#folder, name))
    this.#bytesOnDisk = bytes
  }

  async #beginLog(): Promise<void> {
    const next = await open(join(this.#folder, `log-${this.#number + 1}`), 'wx')
    while (this.#writing) await this.#writing
    const last = this.#log
    this.#number++
    this.#log = next
    this.#bytesOnDisk += this.#logBytes
    this.#logBytes = 0
    await last?.close()
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0)
      const bytes = Buffer.concat(batch.map((waiting) => waiting.bytes))
      const log = this.#log
      try {
        if (!log) throw new Error('No log is open')
        // Always at the end of what is whole: what an attempt that failed has left is written over.
        let written = 0
        while (written < bytes.length)
          written += (await log.write(bytes, written, bytes.length - written, this.#logBytes + written)).bytesWritten
        this.#logBytes += bytes.length
        this.#isSynced = false
        for (const { done } of batch) done()
      } catch (problem) {
        for (const { failed } of batch) failed(problem)
      }
    }
  }

  async #sync(): Promise<void> {
    if (this.#isSynced) return
    this.#isSynced = true
    await this.#log?.datasync()
  }
}

function numberOf(name: string): number | undefined {
  const match = /^(?:log|snapshot)-(\d+)$/.exec(name)
  return match ? Number(match[1]) : undefined
}
