const TICKS_PER_MS = 1024

/**
 * A hybrid logical clock (Kulkarni and others, 2014): wall time in ticks of 1/1024 ms, pushed forward wherever that is needed to be later than
 * every time that was given or seen. So a write that follows another, on this node or on one that has heard of the other, gets the later time,
 * even where clocks differ by minutes or run backwards. One safe integer holds it until the year 2248.
 */
export class HybridClock {
  readonly #wallMs: () => number
  readonly #maxAheadMs: number
  #last = 0

  constructor(wallMs: () => number, maxAheadMs: number) {
    this.#wallMs = wallMs
    this.#maxAheadMs = maxAheadMs
  }

  /** A time later than all before it. */
  next(): number {
    this.#last = Math.max(this.#last + 1, this.#ticksNow())
    return this.#last
  }

  /** Makes all later times later than this one too. */
  observe(time: number): void {
    this.#last = Math.max(this.#last, time)
  }

  /** Whether a time from elsewhere is no further ahead of this node's wall clock than the limit. */
  isPlausible(time: number): boolean {
    return time <= this.#ticksNow() + this.#maxAheadMs * TICKS_PER_MS
  }

  /** Whether that much wall time has gone by since. */
  isOlderThan(time: number, ageMs: number): boolean {
    return time < this.#ticksNow() - ageMs * TICKS_PER_MS
  }

  #ticksNow(): number {
    return Math.floor(this.#wallMs() * TICKS_PER_MS)
  }
}
