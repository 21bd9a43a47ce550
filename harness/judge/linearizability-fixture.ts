import type { KvOperation } from './linearizability-operation.ts'

/** A whole number from 0 to below `limit`, from the test's seeded randomness. */
export type Draw = (limit: number) => number

/**
 * Is there an order? Tries all of them, with none of the checker's cleverness: any operation that no answered one precedes may come next;
 * once only unanswered ones are left, they may never have happened. For histories of up to eight operations or so.
 */
export function hasOrderByBruteForce(left: readonly KvOperation[], value: string | null): boolean {
  if (left.every(operation => operation.doneAtMs === null)) return true
  return left.some(next => {
    const isTooEarly = left.some(other => other !== next && other.doneAtMs !== null && other.doneAtMs < next.callAtMs)
    if (isTooEarly || (next.kind === 'read' && next.value !== value)) return false
    return hasOrderByBruteForce(
      left.filter(other => other !== next),
      next.kind === 'read' ? value : next.value,
    )
  })
}

/** Anything at all, on few values and few moments, so that right and wrong histories are both common. */
export function randomHistory(draw: Draw, maxOperations: number): KvOperation[] {
  return Array.from({ length: 1 + draw(maxOperations) }, (_, client): KvOperation => {
    const kind = (['read', 'read', 'write', 'write', 'delete'] as const)[draw(5)] ?? 'read'
    const value = kind === 'delete' || (kind === 'read' && draw(4) === 0) ? null : 'abc'.charAt(draw(3))
    const callAtMs = draw(12)
    return { client, kind, value, callAtMs, doneAtMs: draw(5) === 0 ? null : callAtMs + draw(6) }
  })
}
