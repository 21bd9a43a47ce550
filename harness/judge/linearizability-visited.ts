const WORD_BITS = 32
const FULL_WORD = -1

/**
 * The configurations that a search has entered: which operations are taken, and the value held. Keys are exact, never hashes of them: two
 * configurations that shared a key would cut off a search that might have succeeded, and a right store would be called wrong.
 */
export class VisitedStates {
  readonly #isPending: readonly boolean[]
  readonly #slot: readonly number[]
  readonly #answered: Int32Array
  readonly #pending: Int32Array
  readonly #keys = new Set<string>()

  /** Answered and pending operations are kept apart: the former fill up from the front, so a key needs only the words behind the full ones. */
  constructor(isPending: readonly boolean[]) {
    this.#isPending = isPending
    let answered = 0
    let pending = 0
    this.#slot = isPending.map(isPending => (isPending ? pending++ : answered++))
    this.#answered = new Int32Array(Math.ceil(answered / WORD_BITS))
    this.#pending = new Int32Array(Math.ceil(pending / WORD_BITS))
  }

  mark(operation: number, isTaken: boolean): void {
    const words = this.#isPending[operation] === true ? this.#pending : this.#answered
    const slot = this.#slot[operation] ?? 0
    const word = Math.floor(slot / WORD_BITS)
    const bit = 1 << (slot % WORD_BITS)
    words[word] = isTaken ? (words[word] ?? 0) | bit : (words[word] ?? 0) & ~bit
  }

  /** Adds the configuration as marked, with this value; false where it was there already. */
  add(value: number): boolean {
    let full = 0
    while (this.#answered[full] === FULL_WORD) full += 1
    let end = this.#answered.length
    while (end > full && this.#answered[end - 1] === 0) end -= 1
    const key = `${value};${full};${this.#answered.subarray(full, end).join()};${this.#pending.join()}`
    if (this.#keys.has(key)) return false
    this.#keys.add(key)
    return true
  }
}
