/** The time in which this node leads: from its election until it is deposed or loses its majority. */
import { Unavailable } from './answers.ts'
import { encodeEntry, versionOf, type Entry } from './entries.ts'
import { Follower, type Term } from './follower.ts'
import type { Peer } from './peer.ts'

const ACKNOWLEDGED_MS = 3000
const LOST_MS = 2500
const RETRY_MS = 100

/** A write that waits for a majority. */
interface Proposal {
  readonly version: number
  readonly by: Set<string>
  readonly settled: Promise<void>
  readonly resolve: () => void
  readonly reject: (problem: unknown) => void
}

export interface Reigning {
  readonly name: string
  readonly peers: readonly Peer[]
  readonly term: number
  readonly entries: ReadonlyMap<string, Entry>
  /** Saves entries and takes those that are newer. */
  take(records: Buffer): Promise<void>
  stepDown(): void
}

export class Reign {
  readonly #of: Reigning
  readonly #followers: readonly Follower[]
  /** Of the others, how many make a majority together with us. */
  readonly #needed: number
  readonly #proposals = new Map<string, Proposal[]>()
  #count = 0
  #isServing = false
  #isOver = false
  #round: Promise<void> = Promise.resolve()
  #nextRound: Promise<void> | undefined

  constructor(of: Reigning) {
    this.#of = of
    this.#needed = Math.floor((of.peers.length + 1) / 2)
    const term: Term = {
      number: of.term,
      leader: of.name,
      entries: of.entries,
      isOver: () => this.#isOver,
      take: async (records) => await of.take(records),
      overrule: (key) => void this.#overrule(key).catch((problem) => console.error(problem)),
      acknowledged: (follower, key, version) => this.#acknowledged(follower, key, version),
      end: () => of.stepDown(),
    }
    this.#followers = of.peers.map((peer) => new Follower(peer, term))
  }

  get isServing(): boolean {
    return this.#isServing && !this.#isOver
  }

  isFollowed(): boolean {
    const now = performance.now()
    return this.#followers.filter((follower) => now - follower.answeredAtMs < LOST_MS).length >= this.#needed
  }

  /** Learns what a majority has, sees to it that a majority has all of that, and serves. */
  async begin(): Promise<void> {
    await this.#majority(async (follower) => {
      while (!this.#isOver) {
        try {
          return await follower.collect()
        } catch {
          await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
        }
      }
      throw new Unavailable()
    })
    await this.#majority(async (follower) => await new Promise<void>((resolve) => void follower.run(resolve)))
    this.#isServing = !this.#isOver
  }

  end(): void {
    this.#isOver = true
    for (const proposal of [...this.#proposals.values()].flat()) proposal.reject(new Unavailable('The leader has been deposed.'))
  }

  /** What was the newest when this was called, once a majority has it and has said that we lead still. */
  async get(key: string): Promise<Buffer | undefined> {
    const entry = this.#of.entries.get(key)
    await Promise.all([this.#confirm(), this.#proposals.get(key)?.at(-1)?.settled])
    return entry?.value ?? undefined
  }

  async write(key: string, value: Buffer | null): Promise<void> {
    const entry = { version: versionOf(this.#of.term, ++this.#count), value }
    await this.#of.take(encodeEntry(key, entry))
    if (!this.isServing) throw new Unavailable()
    const proposal = newProposal(entry.version)
    const waiting = this.#proposals.get(key) ?? []
    this.#proposals.set(key, [...waiting, proposal])
    const timer = setTimeout(() => proposal.reject(new Unavailable('No majority answered in time.')), ACKNOWLEDGED_MS)
    if (this.#needed === 0) proposal.resolve()
    for (const follower of this.#followers) follower.push(key)
    try {
      await proposal.settled
    } catch (problem) {
      this.#of.stepDown()
      throw problem
    } finally {
      clearTimeout(timer)
      this.#forget(key, proposal)
    }
  }

  #acknowledged(follower: string, key: string, version: number): void {
    for (const proposal of this.#proposals.get(key) ?? []) {
      if (proposal.version > version) continue
      proposal.by.add(follower)
      if (proposal.by.size >= this.#needed) proposal.resolve()
    }
  }

  #forget(key: string, proposal: Proposal): void {
    const left = (this.#proposals.get(key) ?? []).filter((other) => other !== proposal)
    if (left.length > 0) this.#proposals.set(key, left)
    else this.#proposals.delete(key)
  }

  /** Writes what we have once more, so that it is newer than what nobody else knows of. */
  async #overrule(key: string): Promise<void> {
    const entry = { version: versionOf(this.#of.term, ++this.#count), value: this.#of.entries.get(key)?.value ?? null }
    await this.#of.take(encodeEntry(key, entry))
    for (const follower of this.#followers) follower.push(key)
  }

  /** One round of questions serves all reads that came before it began. */
  async #confirm(): Promise<void> {
    this.#nextRound ??= this.#round
      .catch(() => undefined)
      .then(() => {
        this.#nextRound = undefined
        this.#round = this.#majority(async (follower) => await follower.beat())
        return this.#round
      })
    await this.#nextRound
  }

  /** Resolves when enough have; rejects when they cannot any more. */
  async #majority(ask: (follower: Follower) => Promise<void>): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      let missing = this.#needed
      let left = this.#followers.length
      if (missing === 0) resolve()
      for (const follower of this.#followers) {
        void ask(follower)
          .then(() => missing--, () => undefined)
          .then(() => {
            left--
            if (missing === 0) resolve()
            else if (left === 0 || left < missing) reject(new Unavailable('There is no majority.'))
          })
      }
    })
  }
}

function newProposal(version: number): Proposal {
  let resolve = (): void => {}
  let reject = (_: unknown): void => {}
  const settled = new Promise<void>((done, failed) => {
    resolve = done
    reject = failed
  })
  settled.catch(() => undefined)
  return { version, by: new Set(), settled, resolve, reject }
}
