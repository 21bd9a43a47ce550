/** The store of one node: one leader, elected by majority, takes all requests; the others pass them on to it. */
import { Refusal, Unavailable } from './answers.ts'
import { decodeEntries, isNewer, type Entry } from './entries.ts'
import { Files } from './files.ts'
import { followed, listingOf, NOT_FOLLOWED, readFromLeader, recordsOf } from './follower.ts'
import { Leadership } from './leadership.ts'
import type { Peer } from './peer.ts'
import { Reign } from './reign.ts'

const LOOK_MS = 20

type Command = 'get' | 'set' | 'delete'

export class Store {
  readonly #name: string
  readonly #peers: readonly Peer[]
  readonly #files: Files
  readonly #leadership: Leadership
  readonly #entries = new Map<string, Entry>()
  #reign: Reign | undefined
  #isLoaded = false

  constructor(name: string, folder: string, peers: readonly Peer[]) {
    this.#name = name
    this.#peers = peers
    this.#files = new Files(folder)
    this.#leadership = new Leadership(name, peers, folder, {
      begin: (term) => this.#beginReign(term),
      end: () => this.#reign?.end(),
      isFollowed: () => this.#reign?.isFollowed() ?? false,
    })
  }

  /** Waits for a leader: without one, this node has nothing to say. */
  async start(): Promise<void> {
    this.#leadership.load()
    await this.#files.load((key, entry) => this.#merge(key, entry))
    this.#isLoaded = true
    void this.#leadership.run()
    while (!this.#reign?.isServing && !this.#leadership.leader) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    }
  }

  async get(key: string): Promise<Buffer | undefined> {
    if (this.#reign?.isServing) return await this.#reign.get(key)
    const answer = await this.#passOn('get', key, Buffer.alloc(0))
    return answer[0] === 1 ? answer.subarray(1) : undefined
  }

  async set(key: string, value: Buffer): Promise<void> {
    if (this.#reign?.isServing) await this.#reign.write(key, value)
    else await this.#passOn('set', key, value)
  }

  async delete(key: string): Promise<void> {
    if (this.#reign?.isServing) await this.#reign.write(key, null)
    else await this.#passOn('delete', key, Buffer.alloc(0))
  }

  async handlePeer(path: string, message: Buffer): Promise<Buffer> {
    if (!this.#isLoaded) throw new Unavailable('Still loading.')
    switch (path) {
      case 'opinion':
        return Buffer.from(JSON.stringify(this.#leadership.opinion(Number(message))))
      case 'vote':
        return Buffer.from(JSON.stringify({ isWelcome: this.#leadership.vote(Number(message)), leader: null }))
      case 'get':
      case 'set':
      case 'delete':
        return await this.#takePassedOn(path, message)
      default:
        return await this.#follow(path, message)
    }
  }

  async stop(): Promise<void> {
    this.#leadership.stop()
    this.#reign?.end()
    await this.#files.close()
  }

  #beginReign(term: number): void {
    const reign = new Reign({
      name: this.#name,
      peers: this.#peers,
      term,
      entries: this.#entries,
      take: async (records) => await this.#take(records),
      stepDown: () => {
        if (this.#reign === reign) this.#leadership.stepDown()
      },
    })
    this.#reign = reign
    reign.begin().catch(() => this.#leadership.stepDown())
  }

  async #follow(path: string, message: Buffer): Promise<Buffer> {
    const { term, leader, content } = readFromLeader(message)
    if (!this.#leadership.hear(term, leader)) return NOT_FOLLOWED
    switch (path) {
      case 'beat':
        return followed()
      case 'list':
        return followed(listingOf(this.#entries))
      case 'fetch':
        return followed(recordsOf(this.#entries, content))
      case 'records':
        await this.#take(content)
        return followed()
      default:
        throw new Refusal(404, 'Expected another path.')
    }
  }

  async #passOn(command: Command, key: string, value: Buffer): Promise<Buffer> {
    const leader = this.#leadership.leader
    if (!leader) throw new Unavailable('There is no leader.')
    const name = Buffer.from(key)
    const head = Buffer.alloc(2)
    head.writeUInt16LE(name.length, 0)
    try {
      return await leader.ask(command, Buffer.concat([head, name, value]))
    } catch {
      throw new Unavailable('The leader did not answer.')
    }
  }

  async #takePassedOn(command: Command, message: Buffer): Promise<Buffer> {
    const reign = this.#reign
    if (!reign?.isServing) throw new Unavailable('This node does not lead.')
    const valueAt = 2 + message.readUInt16LE(0)
    const key = message.toString('utf8', 2, valueAt)
    if (command === 'get') {
      const value = await reign.get(key)
      return value ? Buffer.concat([Buffer.of(1), value]) : Buffer.of(0)
    }
    await reign.write(key, command === 'set' ? Buffer.from(message.subarray(valueAt)) : null)
    return Buffer.alloc(0)
  }

  /** On disk before in memory, so that nobody builds on what may be gone after a restart. */
  async #take(records: Buffer): Promise<void> {
    try {
      await this.#files.append(records)
    } catch (problem) {
      console.error(problem)
      throw new Refusal(507, 'The disk takes nothing.')
    }
    for (const { key, entry } of decodeEntries(records)) this.#merge(key, entry)
    void this.#files.compactIfLarge(this.#entries)
  }

  #merge(key: string, entry: Entry): void {
    if (isNewer(entry.version, this.#entries.get(key))) this.#entries.set(key, entry)
  }
}
