/** Histories that a true register gives, for the checker to find their order in. */
import type { KvOperation } from '../judge/linearizability-operation.ts'

/** A whole number from 0 to below `limit`, from seeded randomness. */
type Draw = (limit: number) => number

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
