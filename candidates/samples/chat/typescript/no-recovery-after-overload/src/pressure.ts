/** Notices that more comes in than can be handled: the event loop then works for long without a pause. */

/** Clients are to have their messages within a second; whatever comes up after so long in one go would be late. */
const MAX_TURN_MS = 300

export class Pressure {
  #turnStartedAt: number | undefined

  /** True when this turn of the event loop has lasted too long already. */
  get high(): boolean {
    const now = performance.now()
    if (this.#turnStartedAt === undefined) {
      this.#turnStartedAt = now
      setImmediate(() => (this.#turnStartedAt = undefined))
    }
    return now - this.#turnStartedAt > MAX_TURN_MS
  }
}
