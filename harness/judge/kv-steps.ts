/** A recorded history, key by key, as the judges of stores read it. */
import type { KvEvent, KvHistory, KvOperationRecord } from '../record/kv-history.ts'
import type { KvOperation } from './linearizability-operation.ts'

/** One operation, with the node that was asked, and which of its lives: a node that is killed and started again may have forgotten. */
export interface KvStep extends KvOperation {
  readonly node: string
  /** How often the node had been started when this was called. */
  readonly life: number
}

/** By the contract, a kill -9 may take what was acknowledged less than so long before it. */
const UNSAVED_MS = 1500

/**
 * All keys' operations in the order of their calls. Whatever was not answered is left open: it may take effect at any later time. So is a
 * write that a kill of its node came too soon after.
 */
export function stepsByKey(history: KvHistory): Map<string, KvStep[]> {
  const keys = new Map<string, KvStep[]>()
  for (const operation of history.operations.toSorted((a, b) => a.callAtMs - b.callAtMs)) {
    const steps = keys.get(operation.key)
    const step = stepOf(operation, history.events)
    if (steps === undefined) keys.set(operation.key, [step])
    else steps.push(step)
  }
  return keys
}

/** The operations of one key; none where it was never used. */
export function stepsOf(history: KvHistory, key: string): KvStep[] {
  const operations = history.operations.filter(operation => operation.key === key)
  return stepsByKey({ ...history, operations }).get(key) ?? []
}

/** Whether it wrote: a delete is a write of nothing. */
export function isWrite({ kind }: KvOperation): boolean {
  return kind !== 'read'
}

/** Whether it is a read that was answered, with a value or with its absence. */
export function isRead({ kind, doneAtMs }: KvOperation): boolean {
  return kind === 'read' && doneAtMs !== null
}

function stepOf(operation: KvOperationRecord, events: readonly KvEvent[]): KvStep {
  const { client, node, kind, value, callAtMs, endedAtMs, outcome } = operation
  const own = events.filter(event => event.node === node)
  const life = own.filter(event => event.kind === 'started' && event.atMs <= callAtMs).length
  const isAnswered = outcome === 'ok' || outcome === 'absent'
  const isOpen = !isAnswered || endedAtMs === null || (kind !== 'read' && isUnsaved(callAtMs, endedAtMs, own))
  return { client, node, life, kind, value, callAtMs, doneAtMs: isOpen ? null : endedAtMs }
}

/** Whether a kill ended the life that took this write within 1.5 s of its answer; an answer may still arrive after the kill was stamped. */
function isUnsaved(callAtMs: number, doneAtMs: number, own: readonly KvEvent[]): boolean {
  const nextStartMs = own.find(event => event.kind === 'started' && event.atMs > callAtMs)?.atMs ?? Infinity
  return own.some(
    ({ kind, atMs }) =>
      (kind === 'killed' || kind === 'died') &&
      atMs < nextStartMs &&
      atMs >= callAtMs - UNSAVED_MS &&
      atMs - doneAtMs < UNSAVED_MS &&
      isOfThisLife(atMs, callAtMs, own),
  )
}

/** A kill before the call ended an earlier life, unless no start came between: then the call was on its way to the killed process. */
function isOfThisLife(killAtMs: number, callAtMs: number, own: readonly KvEvent[]): boolean {
  return killAtMs >= callAtMs || !own.some(({ kind, atMs }) => kind === 'started' && atMs >= killAtMs && atMs <= callAtMs)
}
