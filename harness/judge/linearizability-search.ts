import type { RegisterCalls } from './linearizability-calls.ts'
import { Timeline } from './linearizability-timeline.ts'
import { VisitedStates } from './linearizability-visited.ts'

/** How long a search may go on. */
export interface SearchBudget {
  /** Most configurations to try; each takes about a microsecond and some 100 bytes. */
  readonly maxSteps: number
  /** Asked now and then; `true` ends the search. The caller owns the clock, as a judge has none. */
  readonly isOver: () => boolean
}

export type SearchResult = { readonly outcome: 'ok' | 'violation' | 'unknown'; readonly steps: number }

/** Nobody is left who reads what the register holds; which such value it is no longer matters. */
const UNREADABLE = -1
/** The choice to take only writes that nobody reads. */
const UNREAD_WRITES = -1
const STEPS_BETWEEN_LOOKS = 256

/**
 * Looks for an order of the operations that a register could have gone through one at a time, and in which no operation comes before one
 * that had ended when it began. `violation` is said only when every order was ruled out, `ok` only with an order in hand.
 *
 * The search is Wing and Gong's ("Testing and verifying concurrent objects", 1993) on a linked time line, with Lowe's memo of
 * configurations ("Testing for linearizability", 2017), as Athalye's Porcupine made it known. A configuration is the set of
 * operations taken and the value held: from equal ones the rest is equal, so each is entered once. Two facts about registers cut the choices
 * down, and neither hides an order:
 *
 * - A read of the value held is taken as soon as it may be. It changes nothing, so any order in which it comes later remains valid with it here.
 * - An answered write whose value no read is left to return is taken right before the next write, whichever that is. In any order it is
 *   followed by another write or by nothing, so it can be moved there.
 */
export function searchOrder(calls: RegisterCalls, budget: SearchBudget): SearchResult {
  return new OrderSearch(calls).run(budget)
}

interface Branch {
  readonly taken: readonly number[]
  readonly valueBefore: number
  readonly choices: readonly number[]
  nextChoice: number
}

class OrderSearch {
  readonly #calls: RegisterCalls
  readonly #timeline: Timeline
  readonly #visited: VisitedStates
  readonly #readsLeft: Int32Array
  #value: number

  constructor(calls: RegisterCalls) {
    this.#calls = calls
    this.#timeline = new Timeline(calls)
    this.#visited = new VisitedStates(calls.isPending)
    this.#readsLeft = new Int32Array(calls.valueCount)
    this.#value = calls.initialValue
    calls.isRead.forEach((isRead, at) => {
      if (isRead) this.#countRead(at, 1)
    })
  }

  run(budget: SearchBudget): SearchResult {
    const taken: number[] = []
    this.#takeReads(taken)
    const path: Branch[] = [this.#branch(taken, this.#value)]
    for (let steps = 0; ;) {
      if (this.#timeline.answeredLeft === 0) return { outcome: 'ok', steps }
      const branch = path.at(-1)
      if (branch === undefined) return { outcome: 'violation', steps }
      const choice = branch.choices[branch.nextChoice]
      branch.nextChoice += 1
      if (choice === undefined) {
        path.pop()
        this.#undo(branch.taken, branch.valueBefore)
        continue
      }
      if (steps >= budget.maxSteps || (steps % STEPS_BETWEEN_LOOKS === 0 && budget.isOver())) return { outcome: 'unknown', steps }
      steps += 1
      const entered = this.#enter(choice)
      if (entered !== undefined) path.push(entered)
    }
  }

  /** Takes one choice and all that follows without a choice; undefined, with nothing changed, where that was tried before. */
  #enter(choice: number): Branch | undefined {
    const valueBefore = this.#value
    const taken: number[] = []
    this.#takeUnreadWrites(taken)
    if (choice === UNREAD_WRITES) {
      this.#value = UNREADABLE
    } else {
      this.#take(choice, taken)
      this.#value = this.#calls.value[choice] ?? UNREADABLE
      this.#takeReads(taken)
    }
    if (this.#visited.add(this.#value)) return this.#branch(taken, valueBefore)
    this.#undo(taken, valueBefore)
    return undefined
  }

  #branch(taken: readonly number[], valueBefore: number): Branch {
    return { taken, valueBefore, choices: this.#choices(), nextChoice: 0 }
  }

  /** Writes that somebody will read, answered ones first since they must be placed; then, where there are any, the unread ones alone. */
  #choices(): number[] {
    const answered: number[] = []
    const pending: number[] = []
    let hasUnread = false
    this.#timeline.visitPossible(operation => {
      if (this.#calls.isRead[operation] === true) return
      const isPending = this.#calls.isPending[operation] === true
      if (this.#isReadLater(operation)) (isPending ? pending : answered).push(operation)
      else if (!isPending) hasUnread = true
    })
    return [...answered, ...pending, ...(hasUnread ? [UNREAD_WRITES] : [])]
  }

  #takeReads(taken: number[]): void {
    this.#timeline.visitPossible(operation => {
      if (this.#calls.isRead[operation] === true && this.#calls.value[operation] === this.#value) this.#take(operation, taken)
    })
  }

  #takeUnreadWrites(taken: number[]): void {
    this.#timeline.visitPossible(operation => {
      if (this.#calls.isRead[operation] === true || this.#calls.isPending[operation] === true) return
      if (!this.#isReadLater(operation)) this.#take(operation, taken)
    })
  }

  #isReadLater(operation: number): boolean {
    return (this.#readsLeft[this.#calls.value[operation] ?? 0] ?? 0) > 0
  }

  #take(operation: number, taken: number[]): void {
    this.#timeline.take(operation)
    this.#visited.mark(operation, true)
    if (this.#calls.isRead[operation] === true) this.#countRead(operation, -1)
    taken.push(operation)
  }

  #undo(taken: readonly number[], valueBefore: number): void {
    for (const operation of taken.toReversed()) {
      this.#timeline.putBack(operation)
      this.#visited.mark(operation, false)
      if (this.#calls.isRead[operation] === true) this.#countRead(operation, 1)
    }
    this.#value = valueBefore
  }

  #countRead(operation: number, by: number): void {
    const value = this.#calls.value[operation] ?? 0
    this.#readsLeft[value] = (this.#readsLeft[value] ?? 0) + by
  }
}
