/** How much a store promises, by what its histories do not contradict: a ladder of four rungs, each of which asks more than the one below. */
import { inventedRead, judgeConvergence } from './kv-convergence.ts'
import { disorder } from './kv-disorder.ts'
import { judgeSessions } from './kv-session.ts'
import type { KvStep } from './kv-steps.ts'
import type { SupersededRule } from './kv-superseded.ts'
import type { KvViolation } from './kv-violation.ts'
import { judgeKeys, outcomeOfKeys, type KeyResult, type LinearizabilityOptions } from './linearizability.ts'

/** From the lowest to the highest. */
export const KV_RUNGS = ['exact values', 'convergence', 'session guarantees', 'linearizable'] as const
type KvRung = (typeof KV_RUNGS)[number]

export interface KeyHistory {
  readonly key: string
  /** All operations of the key. */
  readonly steps: readonly KvStep[]
  /** One answered read of each node at the end, when all was quiet. */
  readonly finals: readonly KvStep[]
}

export interface LadderResult {
  /** The highest rung that nothing violates; `null` where even values are not exact. */
  readonly rung: KvRung | null
  /** What violates the next one, in as few operations as were found; `null` at the top, or where the next could not be decided. */
  readonly next: { readonly rung: KvRung; readonly key: string; readonly violation: KvViolation } | null
  /** Why the search for an order of the operations ended without an answer; `null` where it did not. */
  readonly undecided: string | null
}

/** Climbs until something is violated. `options` bound the search of the last rung. */
export function judgeLadder(keys: readonly KeyHistory[], rule: SupersededRule = {}, options: LinearizabilityOptions = {}): LadderResult {
  const judges: readonly [KvRung, (history: KeyHistory) => KvViolation | null][] = [
    ['exact values', ({ steps, finals }) => inventedRead(steps, finals)],
    ['convergence', ({ steps, finals }) => judgeConvergence(steps, finals, rule)],
    ['session guarantees', ({ steps }) => judgeSessions(steps, rule)],
  ]
  let rung: KvRung | null = null
  for (const [next, judge] of judges) {
    const worst = smallest(keys, judge)
    if (worst !== null) return { rung, next: { rung: next, ...worst }, undecided: null }
    rung = next
  }
  return judgeOrder(keys, options)
}

function smallest(keys: readonly KeyHistory[], judge: (history: KeyHistory) => KvViolation | null) {
  const found = keys.flatMap(history => {
    const wrong = judge(history)
    return wrong === null ? [] : [{ key: history.key, violation: wrong }]
  })
  return found.toSorted((a, b) => a.violation.steps.length - b.violation.steps.length)[0] ?? null
}

function judgeOrder(keys: readonly KeyHistory[], options: LinearizabilityOptions): LadderResult {
  const results = judgeKeys(new Map(keys.map(({ key, steps }) => [key, steps])), options)
  const rung = 'session guarantees'
  switch (outcomeOfKeys(results)) {
    case 'ok':
      return { rung: 'linearizable', next: null, undecided: null }
    case 'unknown':
      return { rung, next: null, undecided: results.map(reasonOf).find(reason => reason !== null) ?? 'no time left' }
    case 'violation':
      return { rung, next: smallestDisorder(results, keys), undecided: null }
  }
}

function reasonOf({ result }: KeyResult): string | null {
  return result.outcome === 'unknown' ? result.reason : null
}

function smallestDisorder(results: readonly KeyResult[], keys: readonly KeyHistory[]): LadderResult['next'] {
  const found = results.flatMap(({ key, result }) => {
    if (result.outcome !== 'violation') return []
    const steps = keys.find(history => history.key === key)?.steps ?? []
    return [{ key, violation: disorder(steps, result.counterexample) }]
  })
  const [least] = found.toSorted((a, b) => a.violation.steps.length - b.violation.steps.length)
  return least === undefined ? null : { rung: 'linearizable', ...least }
}
