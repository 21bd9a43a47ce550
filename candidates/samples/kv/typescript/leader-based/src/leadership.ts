/** Who leads: elections by majority, in terms of which each has one leader at most. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Peer } from './peer.ts'

const TICK_MS = 50
/** A leader that was silent for so long may be replaced. */
const SILENCE_MS = 1500
const RANDOM_MS = 1000
const FIRST_RANDOM_MS = 300
const RETRY_MS = 300
const ASK_MS = 1000

export interface Leading {
  /** We lead from now on, in this term. */
  begin(term: number): void
  /** We do not lead any more. */
  end(): void
  /** Whether a majority has answered us lately. */
  isFollowed(): boolean
}

/** What a node says when it is asked whether there should be an election. */
interface Opinion {
  readonly isWelcome: boolean
  /** The leader that it hears from, if there is one. */
  readonly leader: string | null
}

export class Leadership {
  readonly #name: string
  readonly #peers: readonly Peer[]
  readonly #majority: number
  readonly #file: string
  readonly #leading: Leading
  #term = 0
  #leads = false
  #leader: string | null = null
  #heardAtMs = -Infinity
  #campaignAtMs = 0
  #isStopped = false

  constructor(name: string, peers: readonly Peer[], folder: string, leading: Leading) {
    this.#name = name
    this.#peers = peers
    this.#majority = Math.floor((peers.length + 1) / 2) + 1
    this.#file = join(folder, 'term')
    this.#leading = leading
  }

  get term(): number {
    return this.#term
  }

  get leads(): boolean {
    return this.#leads
  }

  /** The peer that leads, as far as we know. */
  get leader(): Peer | undefined {
    return this.#peers.find((peer) => peer.name === this.#leader)
  }

  load(): void {
    try {
      this.#term = Number(readFileSync(this.#file, 'utf8'))
    } catch (problem) {
      if ((problem as NodeJS.ErrnoException).code !== 'ENOENT') throw problem
    }
  }

  async run(): Promise<void> {
    this.#campaignAtMs = performance.now() + (this.#peers.length === 0 ? 0 : Math.random() * FIRST_RANDOM_MS)
    while (!this.#isStopped) {
      try {
        await this.#tick()
      } catch (problem) {
        console.error(problem)
      }
      await new Promise((resolve) => setTimeout(resolve, TICK_MS))
    }
  }

  stop(): void {
    this.#isStopped = true
  }

  /** Somebody says that it leads in this term; false where that is over. */
  hear(term: number, leader: string): boolean {
    if (term < this.#term) return false
    if (term > this.#term) this.#enter(term)
    this.#leader = leader
    this.#heardAtMs = performance.now()
    this.#campaignAtMs = this.#heardAtMs + SILENCE_MS + Math.random() * RANDOM_MS
    return true
  }

  opinion(term: number): Opinion {
    const hasLeader = this.#leads || performance.now() - this.#heardAtMs < SILENCE_MS
    const leader = this.#leads ? this.#name : this.#leader
    return { isWelcome: term > this.#term && !hasLeader, leader: hasLeader ? leader : null }
  }

  /** Gives our vote in this term to whoever asks first. */
  vote(term: number): boolean {
    if (!this.opinion(term).isWelcome) return false
    this.#enter(term)
    this.#campaignAtMs = performance.now() + SILENCE_MS + Math.random() * RANDOM_MS
    return true
  }

  stepDown(): void {
    if (!this.#leads) return
    this.#leads = false
    this.#leader = null
    this.#campaignAtMs = performance.now() + Math.random() * RANDOM_MS
    this.#leading.end()
  }

  async #tick(): Promise<void> {
    if (this.#leads) {
      if (!this.#leading.isFollowed()) this.stepDown()
      return
    }
    if (performance.now() < this.#campaignAtMs) return
    await this.#campaign()
    this.#campaignAtMs = Math.max(this.#campaignAtMs, performance.now() + RETRY_MS + Math.random() * RANDOM_MS)
  }

  async #campaign(): Promise<void> {
    // Nobody is disturbed by an election that cannot be won, or that is not needed.
    const opinions = await this.#askAll('opinion', this.#term + 1)
    const leader = opinions.map((opinion) => opinion.leader).find((name) => name !== null && name !== this.#name)
    this.#leader = leader ?? null
    if (leader !== undefined || opinions.filter((opinion) => opinion.isWelcome).length + 1 < this.#majority) return
    const term = this.#term + 1
    this.#enter(term)
    const votes = await this.#askAll('vote', term)
    if (this.#term !== term || votes.filter((vote) => vote.isWelcome).length + 1 < this.#majority) return
    this.#leads = true
    this.#leader = this.#name
    this.#leading.begin(term)
  }

  async #askAll(path: string, term: number): Promise<Opinion[]> {
    const answers = this.#peers.map(async (peer) => {
      try {
        return JSON.parse((await peer.ask(path, Buffer.from(String(term)), ASK_MS)).toString()) as Opinion
      } catch {
        return { isWelcome: false, leader: null }
      }
    })
    return await Promise.all(answers)
  }

  /** A term is on disk before anybody hears that we are in it. */
  #enter(term: number): void {
    writeFileSync(`${this.#file}.new`, String(term), { flush: true })
    renameSync(`${this.#file}.new`, this.#file)
    this.#term = term
    this.#leader = null
    this.stepDown()
  }
}
