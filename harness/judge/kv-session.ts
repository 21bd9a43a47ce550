/**
 * What one client may count on that stays with one node: it reads its own writes, and never an older value after a newer one (Terry and others,
 * "Session guarantees for weakly consistent replicated data", 1994). Sessions end with the node's life.
 */
import { isRead, isWrite, type KvStep } from './kv-steps.ts'
import { isSuperseded, sourcesOf, type SupersededRule } from './kv-superseded.ts'
import { shown, violation, type KvViolation } from './kv-violation.ts'

/** The break with the least evidence, or `null`. `steps` are all operations of one key. */
export function judgeSessions(steps: readonly KvStep[], rule: SupersededRule = {}): KvViolation | null {
  const found = sessionsOf(steps).flatMap(session => {
    const wrong = firstBreak(session, steps, rule)
    return wrong === null ? [] : [wrong]
  })
  return found.toSorted((a, b) => a.steps.length - b.steps.length)[0] ?? null
}

/** Answered operations of one client on one life of one node, in the order of their calls. */
function sessionsOf(steps: readonly KvStep[]): KvStep[][] {
  const sessions = new Map<string, KvStep[]>()
  for (const step of steps.toSorted((a, b) => a.callAtMs - b.callAtMs)) {
    if (step.doneAtMs === null) continue
    const name = `${step.client} ${step.node} ${step.life}`
    const session = sessions.get(name)
    if (session === undefined) sessions.set(name, [step])
    else session.push(step)
  }
  return [...sessions.values()]
}

function firstBreak(session: readonly KvStep[], steps: readonly KvStep[], rule: SupersededRule): KvViolation | null {
  for (const [at, read] of session.entries()) {
    if (!isRead(read)) continue
    const before = session.slice(0, at).filter(({ doneAtMs }) => doneAtMs !== null && doneAtMs <= read.callAtMs)
    const wrong = olderThanSeen(read, before, steps, rule) ?? backAgain(read, before, steps)
    if (wrong !== null) return wrong
  }
  return null
}

/** A read all of whose possible sources came surely before what the client had written or read. The latest that shows it is told. */
function olderThanSeen(read: KvStep, before: readonly KvStep[], steps: readonly KvStep[], rule: SupersededRule): KvViolation | null {
  const sources = sourcesOf(read, steps)
  if (sources.length === 0) return null
  const seen = before.findLast(step => {
    const origins = isWrite(step) ? [step] : sourcesOf(step, steps)
    return origins.length > 0 && sources.every(source => origins.every(origin => isBefore(source, origin, steps, rule)))
  })
  if (seen === undefined) return null
  const writes = [...sources, ...(isWrite(seen) ? [] : sourcesOf(seen, steps))].filter(source => source !== 'initial')
  const [kind, did] = isWrite(seen)
    ? (['read-your-writes', seen.kind === 'delete' ? 'deleted the key' : `wrote ${shown(seen.value)}`] as const)
    : (['monotonic reads', `read ${shown(seen.value)}`] as const)
  const text = `Client ${read.client} ${did} on node ${read.node}, and later read ${shown(read.value)} there, which is older.`
  return violation(kind, text, [...writes, seen, read])
}

/** One value, then another, then the first again: it was written once, so whatever the order of writes, one of the two steps went back. */
function backAgain(read: KvStep, before: readonly KvStep[], steps: readonly KvStep[]): KvViolation | null {
  const [source, another] = sourcesOf(read, steps)
  if (read.value === null || source === undefined || source === 'initial' || another !== undefined) return null
  const first = before.find(step => step.value === read.value)
  const between = before.findLast(step => step.value !== read.value)
  if (first === undefined || between === undefined || first.callAtMs > between.callAtMs || isOverlapping(first, between)) return null
  // What the client wrote in between may have lost to the first value: only what it read there shows that it had taken over.
  if (isWrite(between)) return null
  const text = `Client ${read.client} read ${shown(read.value)} on node ${read.node}, then ${shown(between.value)}, then ${shown(read.value)} again.`
  return violation('monotonic reads', text, [source, first, between, read])
}

function isOverlapping(first: KvStep, second: KvStep): boolean {
  return (first.doneAtMs ?? Infinity) > second.callAtMs
}

/** Surely before, in the order that the store chose: by the rule of superseded writes, or because one client wrote both to one node in turn. */
function isBefore(source: KvStep | 'initial', origin: KvStep | 'initial', steps: readonly KvStep[], rule: SupersededRule): boolean {
  if (origin === 'initial') return false
  if (source === 'initial') return true
  if (source === origin) return false
  const isInTurn =
    source.client === origin.client && source.node === origin.node && source.life === origin.life && !isOverlapping(source, origin)
  return isInTurn || isSuperseded(source, origin, steps, rule)
}
