import { open, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncFolder, type DataFile } from './data-files.ts'
import { LIMITS } from './limits.ts'
import type { Say } from './log-lines.ts'

export interface AppendLogOptions {
  /** Longest wait of a record for others to be flushed with, in ms; 0 flushes at once, together with all that came meanwhile. */
  readonly groupFlushMs: number
  readonly say: Say
}

/**
 * The file that every change is appended to. Records wait in memory until a flush writes and syncs all of them at once; one flush runs at a
 * time. Where a flush fails, the log is `broken`: nothing new may be appended, and the same bytes are tried again, at the same place, until
 * the disk takes them. (After a failed sync the kernel may have dropped what it could not write, so only writing it again will do.)
 */
export class AppendLog {
  #handle: FileHandle
  #bytes: number
  readonly #options: AppendLogOptions
  #waiting: Buffer[] = []
  #waitingBytes = 0
  #flushing: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #broken: NodeJS.ErrnoException | undefined

  static async open(file: DataFile, options: AppendLogOptions): Promise<AppendLog> {
    const handle = await createFile(file)
    return new AppendLog(handle, options)
  }

  private constructor(handle: FileHandle, options: AppendLogOptions) {
    this.#handle = handle
    this.#bytes = 0
    this.#options = options
  }

  /** Why the disk does not take anything at the moment; undefined while it does. */
  get broken(): NodeJS.ErrnoException | undefined {
    return this.#broken
  }

  /** Bytes on disk in the current file. */
  get bytes(): number {
    return this.#bytes
  }

  get unflushedBytes(): number {
    return this.#waitingBytes
  }

  append(record: Buffer): void {
    this.#waiting.push(record)
    this.#waitingBytes += record.length
    if (this.#flushing !== undefined || this.#broken !== undefined) return
    const isDue = this.#options.groupFlushMs === 0 || this.#waitingBytes >= LIMITS.flushEarlyBytes
    if (isDue) this.#flushSoon()
    else this.#timer ??= setTimeout(() => this.#flushSoon(), this.#options.groupFlushMs)
  }

  /**
   * Resolves once all that was appended so far is on disk.
   *
   * @throws the disk's error, where it refuses. The records stay and are tried again.
   */
  async flush(): Promise<void> {
    // A flush under way does not hold what was appended since; the next one does.
    if (this.#flushing !== undefined) await this.#flushing
    if (this.#waiting.length > 0) await this.#startFlush()
  }

  /** Goes on in another file. What waits is flushed to the old one first. */
  async continueIn(file: DataFile): Promise<void> {
    const handle = await createFile(file)
    try {
      await this.flush()
      // Whatever was appended since the flush ended is still waiting, and goes to the new file.
      while (this.#flushing !== undefined) await this.#flushing
    } catch (error) {
      await handle.close()
      throw error
    }
    const old = this.#handle
    this.#handle = handle
    this.#bytes = 0
    await old.close()
  }

  async close(): Promise<void> {
    try {
      await this.flush()
    } finally {
      clearTimeout(this.#timer)
      await this.#handle.close()
    }
  }

  #flushSoon(): void {
    // The error is kept in `broken`, where every writer looks first.
    this.#startFlush().catch(() => undefined)
  }

  #startFlush(): Promise<void> {
    if (this.#flushing !== undefined) return this.#flushing
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#flushing = this.#writeAndSync().finally(() => {
      this.#flushing = undefined
      this.#scheduleNext()
    })
    return this.#flushing
  }

  async #writeAndSync(): Promise<void> {
    // More may be appended while this is under way.
    const records = this.#waiting.length
    const bytes = Buffer.concat(this.#waiting)
    try {
      await writeAll(this.#handle, bytes, this.#bytes)
      await this.#handle.datasync()
    } catch (error) {
      this.#noteBroken(error)
      throw error
    }
    this.#waiting = this.#waiting.slice(records)
    this.#waitingBytes -= bytes.length
    this.#bytes += bytes.length
    if (this.#broken !== undefined) this.#options.say('disk: takes writes again')
    this.#broken = undefined
  }

  #noteBroken(error: unknown): void {
    const reason: NodeJS.ErrnoException = error instanceof Error ? error : new Error(String(error))
    if (this.#broken === undefined) this.#options.say(`disk: ${reason.message}; writes are refused until it takes them again`)
    this.#broken = reason
  }

  #scheduleNext(): void {
    if (this.#waiting.length === 0) return
    const groupMs = this.#waitingBytes >= LIMITS.flushEarlyBytes ? 0 : this.#options.groupFlushMs
    const delayMs = this.#broken === undefined ? groupMs : LIMITS.diskRetryMs
    this.#timer ??= setTimeout(() => this.#flushSoon(), delayMs)
  }
}

async function createFile(file: DataFile): Promise<FileHandle> {
  const handle = await open(file.path, 'w')
  await syncFolder(dirname(file.path))
  return handle
}

async function writeAll(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, position + written)
    written += bytesWritten
  }
}
