/** What the leader of one term does for one of the others: brings it up to date and keeps it there. */
import { encodeEntry, isNewer, type Entry } from './entries.ts'
import type { Peer } from './peer.ts'

const BATCH_BYTES = 1024 * 1024
const BEAT_MS = 200
const RETRY_MS = 200

/** What a follower says about a key: the key, the version of its entry, and the length of the value. */
export type Listed = [key: string, version: number, bytes: number]

export interface Term {
  readonly number: number
  readonly leader: string
  readonly entries: ReadonlyMap<string, Entry>
  isOver(): boolean
  take(records: Buffer): Promise<void>
  /** The follower has something newer than ours, of a write that never came to an end. */
  overrule(key: string): void
  /** The follower has saved this version, or a newer one. */
  acknowledged(follower: string, key: string, version: number): void
  /** The follower knows of a later term. */
  end(): void
}

export class Follower {
  readonly #peer: Peer
  readonly #term: Term
  readonly #changed = new Set<string>()
  #isInSync = false
  #answeredAtMs = performance.now()
  #wake: () => void = () => {}

  constructor(peer: Peer, term: Term) {
    this.#peer = peer
    this.#term = term
  }

  get answeredAtMs(): number {
    return this.#answeredAtMs
  }

  /** Gets what it has newer than we have. It takes nothing from earlier leaders from now on. */
  async collect(): Promise<void> {
    let wanted: string[] = []
    let bytes = 0
    for (const [key, version, length] of await this.#list()) {
      if (!isNewer(version, this.#term.entries.get(key))) continue
      wanted.push(key)
      bytes += length + 300
      if (bytes < BATCH_BYTES) continue
      await this.#fetch(wanted)
      wanted = []
      bytes = 0
    }
    if (wanted.length > 0) await this.#fetch(wanted)
  }

  /** Until the term is over. Calls back each time that it has come to have everything. */
  async run(inSync: () => void): Promise<void> {
    while (!this.#term.isOver()) {
      try {
        if (!this.#isInSync) await this.#sync()
        inSync()
        if (this.#changed.size === 0) await this.#idle()
        if (this.#changed.size === 0) await this.#tell('beat', Buffer.alloc(0))
        else await this.#sendChanged()
      } catch {
        this.#isInSync = false
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
      }
    }
  }

  push(key: string): void {
    this.#changed.add(key)
    this.#wake()
  }

  async beat(): Promise<void> {
    await this.#tell('beat', Buffer.alloc(0))
  }

  async #sync(): Promise<void> {
    const theirs = new Map<string, number>()
    for (const [key, version] of await this.#list()) {
      theirs.set(key, version)
      if (isNewer(version, this.#term.entries.get(key))) this.#term.overrule(key)
    }
    for (const [key, entry] of this.#term.entries) {
      const version = theirs.get(key)
      if (version === entry.version) this.#term.acknowledged(this.#peer.name, key, version)
      else this.#changed.add(key)
    }
    while (this.#changed.size > 0) await this.#sendChanged()
    this.#isInSync = true
  }

  async #sendChanged(): Promise<void> {
    const sent: { readonly key: string; readonly version: number }[] = []
    const records: Buffer[] = []
    let bytes = 0
    for (const key of this.#changed) {
      this.#changed.delete(key)
      const entry = this.#term.entries.get(key)
      if (!entry) continue
      const record = encodeEntry(key, entry)
      sent.push({ key, version: entry.version })
      records.push(record)
      bytes += record.length
      if (bytes >= BATCH_BYTES) break
    }
    await this.#tell('records', Buffer.concat(records))
    for (const { key, version } of sent) this.#term.acknowledged(this.#peer.name, key, version)
  }

  async #list(): Promise<Listed[]> {
    return JSON.parse((await this.#tell('list', Buffer.alloc(0))).toString()) as Listed[]
  }

  async #fetch(keys: readonly string[]): Promise<void> {
    await this.#term.take(await this.#tell('fetch', Buffer.from(JSON.stringify(keys))))
  }

  async #tell(path: string, content: Buffer): Promise<Buffer> {
    if (this.#term.isOver()) throw new Error('The term is over.')
    const answer = await this.#peer.ask(path, fromLeader(this.#term.number, this.#term.leader, content))
    if (answer[0] !== FOLLOWS) {
      this.#term.end()
      throw new Error(`${this.#peer.name} follows somebody else.`)
    }
    this.#answeredAtMs = performance.now()
    return answer.subarray(1)
  }

  async #idle(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, BEAT_MS)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#wake = () => {}
  }
}

const FOLLOWS = 1
const LEADER_AT = 9

/** Term (8), length of the leader's name (1), the name; then the content. */
function fromLeader(term: number, leader: string, content: Buffer): Buffer {
  const name = Buffer.from(leader)
  const head = Buffer.alloc(LEADER_AT)
  head.writeDoubleLE(term, 0)
  head.writeUInt8(name.length, 8)
  return Buffer.concat([head, name, content])
}

export function readFromLeader(message: Buffer): { readonly term: number; readonly leader: string; readonly content: Buffer } {
  const contentAt = LEADER_AT + message.readUInt8(8)
  return { term: message.readDoubleLE(0), leader: message.toString('utf8', LEADER_AT, contentAt), content: message.subarray(contentAt) }
}

export function followed(content: Buffer = Buffer.alloc(0)): Buffer {
  return Buffer.concat([Buffer.of(FOLLOWS), content])
}

export const NOT_FOLLOWED = Buffer.of(0)

/** What a follower answers to `list` and `fetch`. */
export function listingOf(entries: ReadonlyMap<string, Entry>): Buffer {
  return Buffer.from(JSON.stringify([...entries].map(([key, { version, value }]): Listed => [key, version, value?.length ?? 0])))
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
