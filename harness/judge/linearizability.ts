import { registerCalls } from './linearizability-calls.ts'
import { smallestViolation } from './linearizability-counterexample.ts'
import type { KvOperation } from './linearizability-operation.ts'
import { searchOrder } from './linearizability-search.ts'

export interface LinearizabilityOptions {
  /** What the key held before the history began; absent (`null`) unless told. */
  readonly initial?: string | null
  /** Most configurations to try for one key, 1 or more. Memory is bounded by it: about 100 bytes each, more for long histories. */
  readonly maxSteps?: number
  /** Most configurations to try while a violation is cut down; when they are used up, a larger counterexample is shown. */
  readonly maxCutSteps?: number
  /** Ends the work early; the caller's clock, asked every few hundred steps. Never, unless told. */
  readonly isOver?: () => boolean
}

/** `unknown` is never a pass: there was not enough time to tell. */
export type LinearizabilityResult =
  | { readonly outcome: 'ok'; readonly steps: number }
  | { readonly outcome: 'violation'; readonly steps: number; readonly counterexample: readonly KvOperation[] }
  | { readonly outcome: 'unknown'; readonly steps: number; readonly reason: string }

export interface KeyResult {
  readonly key: string
  readonly result: LinearizabilityResult
}

const DEFAULT_MAX_STEPS = 500_000
const DEFAULT_MAX_CUT_STEPS = 500_000

/**
 * Whether the history of one key could be that of a register: reads, writes and deletes that each take effect at one moment between call and
 * answer. What was never answered may take effect at any later moment, or never.
 *
 * @throws RangeError where an operation ends before it begins, a delete carries a value or a write none: a bug of whoever recorded it.
 */
export function judgeRegister(history: readonly KvOperation[], options: LinearizabilityOptions = {}): LinearizabilityResult {
  history.forEach(assertPossible)
  const { initial = null, maxSteps = DEFAULT_MAX_STEPS, isOver = () => false } = options
  const { outcome, steps } = searchOrder(registerCalls(history, initial), { maxSteps, isOver })
  switch (outcome) {
    case 'ok':
      return { outcome, steps }
    case 'unknown':
      return { outcome, steps, reason: steps >= maxSteps ? `no answer within ${maxSteps} steps` : `no time left after ${steps} steps` }
    case 'violation': {
      const isViolation = violationFinder(options.maxCutSteps ?? DEFAULT_MAX_CUT_STEPS, isOver, initial)
      return { outcome, steps, counterexample: smallestViolation(history, isViolation) }
    }
  }
}

/** Judges each key by itself: a store is linearizable where every key is (Herlihy and Wing, 1990), so the keys' searches do not multiply. */
export function judgeKeys(histories: ReadonlyMap<string, readonly KvOperation[]>, options: LinearizabilityOptions = {}): KeyResult[] {
  return [...histories].map(([key, history]) => ({ key, result: judgeRegister(history, options) }))
}

/** The outcome of all keys together: a violation of one is one of the store, and `ok` needs every key to be. */
export function outcomeOfKeys(results: readonly KeyResult[]): LinearizabilityResult['outcome'] {
  const outcomes = new Set(results.map(({ result }) => result.outcome))
  if (outcomes.has('violation')) return 'violation'
  return outcomes.has('unknown') ? 'unknown' : 'ok'
}

function assertPossible({ kind, value, callAtMs, doneAtMs }: KvOperation): void {
  if (!(callAtMs <= (doneAtMs ?? Infinity))) {
    throw new RangeError(`Expected an operation to end at or after its call at ${callAtMs} ms, got ${doneAtMs} ms. The recorder has a bug.`)
  }
  if (kind === 'delete' && value !== null) throw new RangeError('Expected a delete to carry no value, got one. The recorder has a bug.')
  if (kind === 'write' && value === null) throw new RangeError('Expected a write to carry a value, got none. The recorder has a bug.')
}

/** Judges parts of a history with one purse of steps for all of them; where the purse is empty, the answer is no. */
function violationFinder(maxSteps: number, isOver: () => boolean, initial: string | null) {
  let stepsLeft = maxSteps
  return (part: readonly KvOperation[]): boolean => {
    if (stepsLeft <= 0 || isOver()) return false
    const { outcome, steps } = searchOrder(registerCalls(part, initial), { maxSteps: stepsLeft, isOver })
    stepsLeft -= Math.max(1, steps)
    return outcome === 'violation'
  }
}
