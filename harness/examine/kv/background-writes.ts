/** Writes that go on while something else happens. */
import type { KvAnswer } from '../../wire/kv-client.ts'
import type { Random } from '../../scenario/seeded-random.ts'
import type { Patience } from '../patience.ts'
import type { KvUser } from './kv-user.ts'

export interface BackgroundWritesOptions {
  readonly users: readonly KvUser[]
  readonly keys: readonly string[]
  /** Between two writes of one user, in ms. */
  readonly everyMs: number
  /** Longest wait for one answer, in ms. */
  readonly timeoutMs: number
  /** Of so many operations one is a delete, on average; `Infinity`: none. */
  readonly deleteEvery?: number
  /** And one a read. */
  readonly readEvery?: number
  readonly random: Random
  readonly patience: Patience
}

/** A node that is down refuses at once; asking it without a pause would only fill the history. */
const AFTER_FAILURE_MS = 100

/** Each user goes on, one request after the other, on keys drawn at random; every value is written once. Failures are in the history. */
export class BackgroundWrites {
  readonly #options: BackgroundWritesOptions
  readonly #players: Promise<void>[]
  #isOver = false
  #count = 0

  constructor(options: BackgroundWritesOptions) {
    this.#options = options
    this.#players = options.users.map(async user => await this.#play(user))
    // An interruption ends all of them, and is told by `stop`; until then it must not count as unhandled.
    for (const player of this.#players) player.catch(() => undefined)
  }

  /** Resolves when the last answer is there. */
  async stop(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#players)
  }

  async #play(user: KvUser): Promise<void> {
    const { keys, random, patience, everyMs } = this.#options
    while (!this.#isOver) {
      const key = keys[random.below(keys.length)] ?? ''
      const { outcome } = await this.#ask(user, key)
      await patience.pause(outcome === 'ok' || outcome === 'absent' ? everyMs : Math.max(everyMs, AFTER_FAILURE_MS))
    }
  }
  async #ask(user: KvUser, key: string): Promise<KvAnswer> {
    const { random, timeoutMs, deleteEvery = Infinity, readEvery = Infinity } = this.#options
    if (random.next() < 1 / readEvery) return await user.read(key, timeoutMs)
    if (random.next() < 1 / deleteEvery) return await user.delete(key, timeoutMs)
    return await user.write(key, `w${this.#count++}`, timeoutMs)
  }
}
