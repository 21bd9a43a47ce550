import type { RegisterCalls } from './linearizability-calls.ts'

/**
 * The calls and returns that are not yet in the order under construction, as a doubly linked list in which an operation is taken out and put
 * back in constant time (Knuth's dancing links). What may come next are the calls before the first return: any other operation
 * began only after that one, which is still missing, had ended.
 */
export class Timeline {
  /** Answered operations that are still in the list. Once there are none, the order is complete: the others may never take effect. */
  answeredLeft: number
  readonly #size: number
  readonly #head: number
  readonly #isPending: readonly boolean[]
  readonly #next: Int32Array
  readonly #previous: Int32Array

  constructor(calls: RegisterCalls) {
    this.#size = calls.isPending.length
    this.#head = this.#size * 2
    this.#isPending = calls.isPending
    this.answeredLeft = calls.isPending.filter(isPending => !isPending).length
    this.#next = new Int32Array(this.#head + 1)
    this.#previous = new Int32Array(this.#head + 1)
    let last = this.#head
    for (const event of [...calls.timeline, this.#head]) {
      this.#next[last] = event
      this.#previous[event] = last
      last = event
    }
  }

  /**
   * Visits the operations that may come next, in the order of their calls. The visitor may take out the one it is shown; those that become
   * possible by that are visited too.
   */
  visitPossible(visit: (operation: number) => void): void {
    let event = this.#following(this.#head)
    while (event < this.#size) {
      visit(event)
      event = this.#following(event)
    }
  }

  /** Puts the operation into the order. Its links stay as they were, so that a visitor goes on from it. */
  take(operation: number): void {
    // The return goes first, so that the call's link skips it where the two are neighbours.
    if (this.#isPending[operation] !== true) {
      this.#unlink(this.#size + operation)
      this.answeredLeft -= 1
    }
    this.#unlink(operation)
  }

  /** Undoes `take`; operations are put back in the reverse of the order in which they were taken. */
  putBack(operation: number): void {
    this.#relink(operation)
    if (this.#isPending[operation] === true) return
    this.#relink(this.#size + operation)
    this.answeredLeft += 1
  }

  #unlink(event: number): void {
    const before = this.#previous[event] ?? this.#head
    const after = this.#following(event)
    this.#next[before] = after
    this.#previous[after] = before
  }

  #relink(event: number): void {
    this.#next[this.#previous[event] ?? this.#head] = event
    this.#previous[this.#following(event)] = event
  }

  #following(event: number): number {
    return this.#next[event] ?? this.#head
  }
}
