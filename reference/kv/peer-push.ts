import { setTimeout as sleep } from 'node:timers/promises'
import { encodeRecord, recordBytes } from './entry-codec.ts'
import { LIMITS } from './limits.ts'
import type { PeerLink } from './peer-link.ts'
import { PEER_PATHS } from './peer-messages.ts'
import type { Store } from './store.ts'

/**
 * Sends one peer the keys that were written here, at once; those written while a message is under way go with the next. Only keys wait, and
 * their entries are looked up when it is their turn: a peer that stays away costs a bounded set of keys, however much is written, and gets
 * the newest of each when it is back.
 */
export class PeerPush {
  readonly #link: Pick<PeerLink, 'ask'>
  readonly #store: Store
  readonly #signal: AbortSignal
  readonly #waiting = new Set<string>()
  #pump: Promise<void> | undefined

  constructor(link: Pick<PeerLink, 'ask'>, store: Store, signal: AbortSignal) {
    this.#link = link
    this.#store = store
    this.#signal = signal
  }

  get waiting(): number {
    return this.#waiting.size
  }

  add(key: string): void {
    // What is forgotten here is found again when digests are compared.
    if (this.#waiting.size >= LIMITS.maxKeysWaiting) this.#waiting.clear()
    this.#waiting.add(key)
    this.#pump ??= this.#run().finally(() => {
      this.#pump = undefined
    })
  }

  /** Resolves when nothing waits any more, or the push has ended. */
  async drained(): Promise<void> {
    await this.#pump
  }

  async #run(): Promise<void> {
    // What else is written in this turn of the event loop goes with the first message.
    await new Promise(resolve => void setImmediate(resolve))
    let retryMs: number = LIMITS.peerRetryMinMs
    while (this.#waiting.size > 0 && !this.#signal.aborted) {
      const keys = this.#nextBatch()
      try {
        await this.#link.ask(PEER_PATHS.entries, this.#encode(keys), this.#signal)
        retryMs = LIMITS.peerRetryMinMs
      } catch {
        this.#takeBack(keys)
        // The wait ends early, and with an error, only when the node stops.
        await sleep(retryMs, undefined, { signal: this.#signal }).catch(() => undefined)
        retryMs = Math.min(retryMs * 2, LIMITS.peerRetryMaxMs)
      }
    }
  }

  /** What was written meanwhile may have taken their place; digests find those that no longer fit. */
  #takeBack(keys: readonly string[]): void {
    for (const key of keys) {
      if (this.#waiting.size >= LIMITS.maxKeysWaiting) return
      this.#waiting.add(key)
    }
  }

  #nextBatch(): string[] {
    const keys: string[] = []
    let bytes = 0
    for (const key of this.#waiting) {
      const entry = this.#store.entry(key)
      bytes += entry === undefined ? 0 : recordBytes(key, entry)
      if (bytes > LIMITS.peerBatchBytes && keys.length > 0) break
      keys.push(key)
      this.#waiting.delete(key)
    }
    return keys
  }

  #encode(keys: readonly string[]): Buffer {
    return Buffer.concat(
      keys.flatMap(key => {
        const entry = this.#store.entry(key)
        return entry === undefined ? [] : [encodeRecord(key, entry)]
      }),
    )
  }
}
