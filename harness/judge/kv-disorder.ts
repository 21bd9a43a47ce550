import { isRead, isWrite, type KvStep } from './kv-steps.ts'
import { shown, violation, type KvViolation } from './kv-violation.ts'
import type { KvOperation } from './linearizability-operation.ts'

/** A counterexample of the linearizability checker, as a violation of the history that it was found in. */
export function disorder(steps: readonly KvStep[], counterexample: readonly KvOperation[]): KvViolation {
  const shownOnes = new Set(counterexample)
  const kept = steps.filter(step => shownOnes.has(step))
  const general = `No order of these ${kept.length} operations is one that a single copy could have gone through`
  const story = overwritten(kept)
  return violation('linearizable', story === null ? `${general}.` : `${general}: ${story}.`, kept)
}

/** The commonest story: a value is read though another write had replaced it. `null` where it is another. */
function overwritten(steps: readonly KvStep[]): string | null {
  for (const read of steps.filter(isRead)) {
    const source = steps.find(step => isWrite(step) && step.value === read.value)
    const later = steps.find(step => isWrite(step) && isBetween(step, source, read))
    if (later === undefined || later.doneAtMs === null) continue
    const what = later.kind === 'delete' ? 'its delete' : shown(later.value)
    const beforeMs = read.callAtMs - later.doneAtMs
    return `client ${read.client} read ${shown(read.value)}, though ${what} had been acknowledged ${beforeMs.toFixed(1)} ms before it asked`
  }
  return null
}

function isBetween(step: KvStep, source: KvStep | undefined, read: KvStep): boolean {
  if (step === source || step.doneAtMs === null || step.doneAtMs >= read.callAtMs || step.value === read.value) return false
  return source === undefined ? read.value === null : source.doneAtMs !== null && source.doneAtMs <= step.callAtMs
}
