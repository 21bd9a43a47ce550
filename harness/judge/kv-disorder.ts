import type { KvStep } from './kv-steps.ts'
import { violation, type KvViolation } from './kv-violation.ts'
import { describeOperation, type KvOperation } from './linearizability-operation.ts'

/** A counterexample of the linearizability checker, as a violation of the history that it was found in. */
export function disorder(steps: readonly KvStep[], counterexample: readonly KvOperation[]): KvViolation {
  const shown = new Set(counterexample)
  const kept = steps.filter(step => shown.has(step))
  const text = `No order of these ${kept.length} operations is one that a single copy could have gone through: ${kept.map(describeOperation).join('; ')}.`
  return violation('linearizable', text, kept)
}
