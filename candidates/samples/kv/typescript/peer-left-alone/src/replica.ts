/** Keeps one peer up to date, and us with it. */
import { encodeEntry, isNewer, type Entry, type Version } from './entries.ts'
import type { Peer } from './peer.ts'

const BATCH_BYTES = 1024 * 1024
const IDLE_MS = 1000
const RETRY_MS = 250
const FIRST_TRIES = 3
const FAILURES_IN_A_ROW = 5
const LEFT_ALONE_MS = 60_000

/** What a replica needs of the store. */
export interface Data {
  readonly entries: ReadonlyMap<string, Entry>
  take(records: Buffer): Promise<void>
}

/** What a peer says about a key: the key, time and origin of its entry, and the length of the value. */
export type Listed = [key: string, time: number, origin: string, bytes: number]

export interface Listing {
  /** Whether the peer knows our name: then it pushes to us. */
  readonly pushesToYou: boolean
  readonly keys: Listed[]
}

export class Replica {
  readonly #peer: Peer
  readonly #ownName: string
  readonly #data: Data
  readonly #changed = new Set<string>()
  #isInSync = false
  #pushesToUs = true
  #wake: () => void = () => {}
  #isStopped = false
  #failures = 0

  constructor(peer: Peer, ownName: string, data: Data) {
    this.#peer = peer
    this.#ownName = ownName
    this.#data = data
  }

  /** Tries to get and give what is missing; then goes on in the background. */
  async start(): Promise<void> {
    for (let tries = 0; tries < FIRST_TRIES && !this.#isInSync; tries++) {
      await this.#compare().catch(() => pause(RETRY_MS))
    }
    void this.#run()
  }

  /** Only the key waits: whatever value it has by then is sent. */
  push(key: string): void {
    this.#changed.add(key)
    this.#wake()
  }

  stop(): void {
    this.#isStopped = true
    this.#wake()
  }

  async #run(): Promise<void> {
    let comparedAt = performance.now()
    while (!this.#isStopped) {
      try {
        const isDue = !this.#pushesToUs && performance.now() - comparedAt >= IDLE_MS
        if (!this.#isInSync || isDue) {
          await this.#compare()
          comparedAt = performance.now()
        }
        if (this.#changed.size > 0) await this.#sendChanged()
        else await this.#idle()
      } catch {
        this.#isInSync = false
        this.#failures++
        await pause(this.#failures % FAILURES_IN_A_ROW === 0 ? LEFT_ALONE_MS : RETRY_MS)
      }
    }
  }

  /** Exchanges whatever one of us has newer than the other. */
  async #compare(): Promise<void> {
    this.#changed.clear()
    const answer = await this.#peer.ask('list', Buffer.from(this.#ownName))
    const { pushesToYou, keys } = JSON.parse(answer.toString()) as Listing
    this.#pushesToUs = pushesToYou
    const theirs = new Map<string, Version>()
    let wanted: string[] = []
    let bytes = 0
    for (const [key, time, origin, length] of keys) {
      theirs.set(key, { time, origin })
      if (!isNewer({ time, origin }, this.#data.entries.get(key))) continue
      wanted.push(key)
      bytes += length + 300
      if (bytes < BATCH_BYTES) continue
      await this.#fetch(wanted)
      wanted = []
      bytes = 0
    }
    if (wanted.length > 0) await this.#fetch(wanted)
    for (const [key, entry] of this.#data.entries) if (isNewer(entry, theirs.get(key))) this.#changed.add(key)
    while (this.#changed.size > 0) await this.#sendChanged()
    this.#isInSync = true
    this.#failures = 0
  }

  async #fetch(keys: readonly string[]): Promise<void> {
    await this.#data.take(await this.#peer.ask('fetch', Buffer.from(JSON.stringify(keys))))
  }

  async #sendChanged(): Promise<void> {
    const records: Buffer[] = []
    let bytes = 0
    for (const key of this.#changed) {
      this.#changed.delete(key)
      const entry = this.#data.entries.get(key)
      if (!entry) continue
      const record = encodeEntry(key, entry)
      records.push(record)
      bytes += record.length
      if (bytes >= BATCH_BYTES) break
    }
    await this.#peer.ask('entries', Buffer.concat(records))
  }

  async #idle(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, IDLE_MS)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#wake = () => {}
  }
}

/** What a node answers to `list` and `fetch`. */
export function listingOf(entries: ReadonlyMap<string, Entry>, pushesToYou: boolean): Buffer {
  const keys = [...entries].map(([key, { time, origin, value }]): Listed => [key, time, origin, value?.length ?? 0])
  return Buffer.from(JSON.stringify({ pushesToYou, keys } satisfies Listing))
}

export function recordsOf(entries: ReadonlyMap<string, Entry>, message: Buffer): Buffer {
  const keys = JSON.parse(message.toString()) as string[]
  return Buffer.concat(
    keys.flatMap((key) => {
      const entry = entries.get(key)
      return entry ? [encodeEntry(key, entry)] : []
    }),
  )
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms))
}
