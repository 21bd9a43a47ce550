/** The store of one node: leaderless, the newest write wins. */
import { Refusal } from './answers.ts'
import { decodeEntries, encodeEntry, HybridClock, isNewer, type Entry } from './entries.ts'
import { Files } from './files.ts'
import type { Peer } from './peer.ts'
import { listingOf, recordsOf, Replica } from './replica.ts'

export class Store {
  readonly #name: string
  readonly #files: Files
  readonly #replicas: readonly Replica[]
  readonly #peerNames: ReadonlySet<string>
  readonly #clock = new HybridClock()
  readonly #entries = new Map<string, Entry>()
  #isLoaded = false

  constructor(name: string, folder: string, peers: readonly Peer[]) {
    this.#name = name
    this.#files = new Files(folder)
    this.#peerNames = new Set(peers.map((peer) => peer.name))
    const data = {
      entries: this.#entries,
      take: async (records: Buffer) => {
        for (const { key, entry } of decodeEntries(records)) this.#merge(key, entry)
      },
    }
    this.#replicas = peers.map((peer) => new Replica(peer, name, data))
  }

  async start(): Promise<void> {
    await this.#files.load((key, entry) => this.#merge(key, entry))
    this.#isLoaded = true
    await Promise.all(this.#replicas.map(async (replica) => await replica.start()))
  }

  async get(key: string): Promise<Buffer | undefined> {
    return this.#entries.get(key)?.value ?? undefined
  }

  async set(key: string, value: Buffer): Promise<void> {
    await this.#write(key, value)
  }

  async delete(key: string): Promise<void> {
    await this.#write(key, null)
  }

  async handlePeer(path: string, message: Buffer): Promise<Buffer> {
    if (!this.#isLoaded) throw new Refusal(503, 'Still loading.')
    switch (path) {
      case 'list':
        return listingOf(this.#entries, this.#peerNames.has(message.toString()))
      case 'fetch':
        return recordsOf(this.#entries, message)
      case 'entries':
        await this.#takeRecords(message)
        return Buffer.alloc(0)
      default:
        throw new Refusal(404, 'Expected list, fetch or entries.')
    }
  }

  async stop(): Promise<void> {
    for (const replica of this.#replicas) replica.stop()
    await this.#files.close()
  }

  async #write(key: string, value: Buffer | null): Promise<void> {
    const entry = { time: this.#clock.next(), origin: this.#name, value }
    await this.#save(encodeEntry(key, entry))
    this.#merge(key, entry)
    for (const replica of this.#replicas) replica.push(key)
    void this.#files.compactIfLarge(this.#entries)
  }

  async #takeRecords(records: Buffer): Promise<void> {
    const fresh = [...decodeEntries(records)].filter(({ key, entry }) => isNewer(entry, this.#entries.get(key)))
    if (fresh.length === 0) return
    await this.#save(Buffer.concat(fresh.map(({ key, entry }) => encodeEntry(key, entry))))
    for (const { key, entry } of fresh) this.#merge(key, entry)
    void this.#files.compactIfLarge(this.#entries)
  }

  async #save(records: Buffer): Promise<void> {
    try {
      await this.#files.append(records)
    } catch (problem) {
      console.error(problem)
      throw new Refusal(507, 'The disk takes nothing.')
    }
  }

  #merge(key: string, entry: Entry): void {
    this.#clock.observe(entry.time)
    if (isNewer(entry, this.#entries.get(key))) this.#entries.set(key, entry)
  }
}
