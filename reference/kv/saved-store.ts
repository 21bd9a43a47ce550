import { mkdir } from 'node:fs/promises'
import { AppendLog } from './append-log.ts'
import { logFile, removeFilesBefore, snapshotFile } from './data-files.ts'
import { encodeRecord } from './entry-codec.ts'
import type { Entry } from './entry.ts'
import { HybridClock } from './hybrid-clock.ts'
import { LIMITS } from './limits.ts'
import type { Say } from './log-lines.ts'
import { recover } from './recovery.ts'
import { writeSnapshot } from './snapshot.ts'
import { Store } from './store.ts'

export const DURABILITIES = ['group', 'each'] as const
/** `group` acknowledges at once and flushes within 100 ms; `each` acknowledges when the record is on disk. */
export type Durability = (typeof DURABILITIES)[number]

export interface SavedStoreOptions {
  readonly folder: string
  readonly durability: Durability
  /** Which run of which node this is, 0 to 2^48 - 1; drawn at random at every start. */
  readonly origin: number
  readonly wallMs: () => number
  readonly say: Say
  /** Called with each key that a client's write changed. */
  readonly onWrite: (key: string) => void
  readonly minLogBytesToSnapshot?: number
}

/** The disk does not take anything; reads go on. `status` is HTTP's word for it. */
export class DiskRefusal extends Error {
  readonly status: 500 | 507

  constructor(cause: NodeJS.ErrnoException) {
    super(`The disk refuses writes (${cause.code ?? cause.message}); reads go on.`, { cause })
    this.name = 'DiskRefusal'
    this.status = cause.code === 'ENOSPC' || cause.code === 'EDQUOT' ? 507 : 500
  }
}

interface Opened {
  readonly store: Store
  readonly clock: HybridClock
  readonly log: AppendLog
  readonly logNumber: number
  readonly oldLogBytes: number
}

/** The store together with its files: what is in memory is on disk, or about to be. */
export class SavedStore {
  readonly store: Store
  readonly clock: HybridClock
  readonly #options: SavedStoreOptions
  readonly #log: AppendLog
  #logNumber: number
  /** Of logs that no snapshot has replaced yet, the current one left out. */
  #oldLogBytes: number
  #snapshot: Promise<void> | undefined
  #nextSnapshotAtMs = 0
  #snapshots = 0
  #hasRefused = false

  static async open(options: SavedStoreOptions): Promise<SavedStore> {
    const { folder, durability, say, wallMs } = options
    await mkdir(folder, { recursive: true })
    const store = new Store()
    const clock = new HybridClock(wallMs, LIMITS.maxClockAheadMs)
    const { lastNumber, records, logBytes } = await recover(
      folder,
      ({ key, entry }) => {
        store.merge(key, entry)
        clock.observe(entry.time)
      },
      say,
    )
    // Every start begins a log of its own, so that no old file is ever written to again.
    const logNumber = lastNumber + 1
    const log = await AppendLog.open(logFile(folder, logNumber), { groupFlushMs: durability === 'each' ? 0 : LIMITS.groupFlushMs, say })
    say(`data: ${store.keys} keys and ${store.tombstones} deletes from ${records} records`)
    return new SavedStore(options, { store, clock, log, logNumber, oldLogBytes: logBytes })
  }

  private constructor(options: SavedStoreOptions, opened: Opened) {
    this.#options = options
    this.store = opened.store
    this.clock = opened.clock
    this.#log = opened.log
    this.#logNumber = opened.logNumber
    this.#oldLogBytes = opened.oldLogBytes
  }

  get broken(): boolean {
    return this.#log.broken !== undefined
  }

  /** Bytes of all logs on disk. */
  get logBytes(): number {
    return this.#oldLogBytes + this.#log.bytes
  }

  get unflushedBytes(): number {
    return this.#log.unflushedBytes
  }

  get snapshots(): number {
    return this.#snapshots
  }

  /**
   * A client's write, or, with `null`, delete. Resolves when it may be acknowledged.
   *
   * @throws DiskRefusal
   */
  async write(key: string, value: Buffer | null): Promise<void> {
    await this.waitForRoom()
    const { clock, store } = this
    const entry: Entry = { time: clock.next(), origin: this.#options.origin, value }
    store.merge(key, entry)
    this.#record(key, entry)
    this.#options.onWrite(key)
    if (this.#options.durability === 'each') await this.#flush()
  }

  /** Takes what a peer knows, where it is newer; says whether it was. Call `waitForRoom` before a batch of them. */
  merge(key: string, entry: Entry): boolean {
    const { clock, store } = this
    if (!clock.isPlausible(entry.time)) return this.#refuse(entry.time)
    clock.observe(entry.time)
    const isForgotten = entry.value === null && clock.isOlderThan(entry.time, LIMITS.tombstoneKeptMs) && store.entry(key) === undefined
    if (isForgotten || !store.merge(key, entry)) return false
    this.#record(key, entry)
    return true
  }

  /**
   * Where writes come faster than the disk takes them, the writers wait.
   *
   * @throws DiskRefusal
   */
  async waitForRoom(): Promise<void> {
    while (this.#log.broken === undefined && this.#log.unflushedBytes > LIMITS.maxUnflushedBytes) await this.#flush()
    if (this.#log.broken !== undefined) throw new DiskRefusal(this.#log.broken)
  }

  /** Forgets deletes that every node has long heard of. */
  dropOldTombstones(): number {
    return this.store.dropTombstones(({ time }) => this.clock.isOlderThan(time, LIMITS.tombstoneKeptMs))
  }

  /** Writes what is left to disk. */
  async close(): Promise<void> {
    await this.#snapshot
    await this.#log.close()
  }

  #refuse(time: number): false {
    if (!this.#hasRefused)
      this.#options.say(`clock: a peer sent time ${time}, more than a day ahead of this node; set the clocks. Such writes are refused.`)
    this.#hasRefused = true
    return false
  }

  #record(key: string, entry: Entry): void {
    this.#log.append(encodeRecord(key, entry))
    const enough = Math.max(this.#options.minLogBytesToSnapshot ?? LIMITS.minLogBytesToSnapshot, this.store.bytes)
    if (this.logBytes < enough || this.#snapshot !== undefined || this.#options.wallMs() < this.#nextSnapshotAtMs) return
    this.#snapshot = this.#takeSnapshot().finally(() => {
      this.#snapshot = undefined
    })
  }

  async #takeSnapshot(): Promise<void> {
    const { folder, say, wallMs } = this.#options
    try {
      const bytesBefore = this.#log.bytes
      this.#logNumber += 1
      await this.#log.continueIn(logFile(folder, this.#logNumber))
      this.#oldLogBytes += bytesBefore
      await writeSnapshot(this.store, snapshotFile(folder, this.#logNumber))
      await removeFilesBefore(folder, this.#logNumber)
      this.#oldLogBytes = 0
      this.#snapshots += 1
    } catch (error) {
      this.#nextSnapshotAtMs = wallMs() + LIMITS.snapshotRetryMs
      say(`snapshot: failed, the log goes on instead: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  async #flush(): Promise<void> {
    try {
      await this.#log.flush()
    } catch (error) {
      throw new DiskRefusal(error instanceof Error ? error : new Error(String(error)))
    }
  }
}
