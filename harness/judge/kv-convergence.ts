/** Whether all nodes hold the same value of a key once things are quiet, and one that nothing acknowledged had superseded. */
import { isRead, type KvStep } from './kv-steps.ts'
import { sourcesOf, supersederOfSource, type SupersededRule } from './kv-superseded.ts'
import { shown, violation, type KvViolation } from './kv-violation.ts'

/**
 * `finals`: one answered read of each node, called after all writes had ended and the nodes' time to agree was over; they need not stand in
 * `steps`, which are all operations of the key. `null`: nothing is wrong.
 */
export function judgeConvergence(steps: readonly KvStep[], finals: readonly KvStep[], rule: SupersededRule = {}): KvViolation | null {
  for (const final of finals) {
    const wrong = judgeHeld(final, steps, rule)
    if (wrong !== null) return wrong
  }
  return judgeSame(finals)
}

/** Whether all nodes hold the same, whatever it is. */
export function judgeSame(finals: readonly KvStep[]): KvViolation | null {
  const [first] = finals
  const other = finals.find(final => final.value !== first?.value)
  if (first === undefined || other === undefined) return null
  const text = `Node ${first.node} holds ${shown(first.value)} and node ${other.node} ${shown(other.value)}, though all is quiet.`
  return violation('diverged', text, [first, other])
}

/** Whether what a read returned may be held by then, by any order of the writes that a store may choose. */
export function judgeHeld(read: KvStep, steps: readonly KvStep[], rule: SupersededRule = {}): KvViolation | null {
  const sources = sourcesOf(read, steps)
  if (sources.length === 0) return invented(read)
  const evidence: KvStep[] = []
  for (const source of sources) {
    const later = supersederOfSource(source, steps, rule)
    if (later === null) return null
    evidence.push(...(source === 'initial' ? [later] : [source, later]))
  }
  const later = evidence.at(-1)
  if (later?.kind === 'delete') {
    return violation('resurrected', `Node ${read.node} holds ${shown(read.value)} again, though its delete was acknowledged.`, [
      ...evidence,
      read,
    ])
  }
  const isInitial = read.value === null && evidence.length === 1
  const text = `Node ${read.node} holds ${shown(read.value)}, though ${shown(later?.value ?? null)} was acknowledged${isInitial ? '' : ' later'}.`
  return violation('superseded', text, [...evidence, read])
}

/** The first read that returned what nobody had written to the key by then, torn or invented; `null` where every value is exact. */
export function inventedRead(steps: readonly KvStep[], finals: readonly KvStep[] = []): KvViolation | null {
  for (const read of [...steps, ...finals].filter(isRead)) {
    if (sourcesOf(read, steps).length === 0) return invented(read)
  }
  return null
}

function invented(read: KvStep): KvViolation {
  return violation('invented', `Node ${read.node} returned ${shown(read.value)}, which nobody had written to the key.`, [read])
}
