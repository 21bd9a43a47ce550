/** How long nodes go on returning what is out of date, and whether that is longer than they may. */
import { judgeHeld } from './kv-convergence.ts'
import { isRead, isWrite, type KvStep } from './kv-steps.ts'
import type { SupersededRule } from './kv-superseded.ts'
import type { KvViolation } from './kv-violation.ts'

export interface StalenessRule extends SupersededRule {
  /** From when on a node has to return nothing older than a write that was acknowledged at that time; `Infinity` where it is not judged. */
  settledAtMs(node: string, acknowledgedAtMs: number): number
}

/**
 * The first read of a key that returned what an acknowledged write or delete had superseded, by so long that the node had to know. So it also
 * finds what comes back for a moment only, where looking at the end would not.
 */
export function judgeStaleness(steps: readonly KvStep[], rule: StalenessRule): KvViolation | null {
  for (const read of steps.filter(isRead)) {
    const known = steps.filter(step => !isWrite(step) || step.doneAtMs === null || isKnown(step.doneAtMs, read, rule))
    const unknown = steps.filter(step => !known.includes(step)).map(step => ({ ...step, doneAtMs: null }))
    const wrong = judgeHeld(read, [...known, ...unknown], rule)
    if (wrong !== null) return wrong
  }
  return null
}

/** For each acknowledged write and each other node that returned it: ms from its answer until the first read of it had been answered; ascending. */
export function stalenessMs(steps: readonly KvStep[]): number[] {
  const firstReadMs = new Map<string, number>()
  for (const { value, node, doneAtMs } of steps.filter(isRead)) {
    const key = `${node} ${value}`
    firstReadMs.set(key, Math.min(doneAtMs ?? Infinity, firstReadMs.get(key) ?? Infinity))
  }
  const nodes = [...new Set(steps.map(({ node }) => node))]
  return steps
    .filter(step => step.kind === 'write' && step.doneAtMs !== null)
    .flatMap(write =>
      nodes
        .filter(node => node !== write.node)
        .map(node => (firstReadMs.get(`${node} ${write.value}`) ?? Infinity) - (write.doneAtMs ?? 0))
        .filter(ms => ms < Infinity),
    )
    .map(ms => Math.max(0, ms))
    .sort((a, b) => a - b)
}

function isKnown(doneAtMs: number, read: KvStep, rule: StalenessRule): boolean {
  return rule.settledAtMs(read.node, doneAtMs) <= read.callAtMs
}
