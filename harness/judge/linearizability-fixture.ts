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

export interface RegisterPlay {
  readonly clients: number
  readonly operations: number
  /** Every n-th answer, on average, does not come back. */
  readonly unansweredEvery: number
}

/** What clients see of a true register: each operation takes effect at one moment between its call and its answer. */
export function playRegister(draw: Draw, { clients, operations, unansweredEvery }: RegisterPlay): KvOperation[] {
  const freeAtMs = Array.from({ length: clients }, () => 0)
  const plans = Array.from({ length: operations }, (_, at) => {
    const client = draw(clients)
    const callAtMs = (freeAtMs[client] ?? 0) + draw(20)
    const doneAtMs = callAtMs + 1 + draw(100)
    freeAtMs[client] = doneAtMs + 1
    return {
      at,
      client,
      kind: kindOf(draw(20)),
      callAtMs,
      doneAtMs,
      effectAtMs: callAtMs + draw(doneAtMs - callAtMs + 1),
      isLost: draw(unansweredEvery) === 0,
    }
  })
  let value: string | null = null
  return plans
    .sort((a, b) => a.effectAtMs - b.effectAtMs)
    .map(({ at, client, kind, callAtMs, doneAtMs, isLost }): KvOperation => {
      if (kind !== 'read') value = kind === 'delete' ? null : `v${at}`
      return { client, kind, value, callAtMs, doneAtMs: isLost ? null : doneAtMs }
    })
}

function kindOf(die: number): KvOperation['kind'] {
  if (die < 10) return 'read'
  return die < 18 ? 'write' : 'delete'
}
