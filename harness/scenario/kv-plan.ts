/** What a run of a key-value scenario does: every request with its due time, from one seed. */
import { createHash } from 'node:crypto'
import type { KvScenario } from './kv-scenario.ts'
import { constantArrivals, poissonArrivals } from './pacer.ts'
import { planHash } from './plan-hash.ts'
import { loadSegments, planSchedule, type PlanSchedule } from './plan-phases.ts'
import { createRandom } from './seeded-random.ts'

export const KV_KINDS = ['get', 'set', 'delete'] as const

/** A value says which write it is of; it is never shorter than that takes. */
const MIN_VALUE_BYTES = 24
/** A closed model has no end of its own: the requests that each connection goes through, again and again. */
const CLOSED_ROUND = 2_000

export interface KvPlan extends PlanSchedule {
  readonly hash: string
  readonly seed: number
  readonly keys: number
  readonly requests: KvRequests
}

interface KvRequests {
  readonly count: number
  /** Ascending; empty in a closed model. */
  readonly dueMs: Float64Array
  /** Index into the plan's phases; empty in a closed model. */
  readonly phase: Uint8Array
  /** Index into `KV_KINDS`. */
  readonly kind: Uint8Array
  readonly key: Uint32Array
  readonly valueBytes: Uint32Array
}

export function createKvPlan(scenario: KvScenario, seed: number): KvPlan {
  const schedule = planSchedule(scenario.phases)
  const { arrival } = scenario
  if (arrival.model === 'closed') {
    const empty = { dueMs: new Float64Array(0), segment: new Uint8Array(0) }
    return { ...schedule, hash: planHash(scenario, seed), seed, keys: scenario.keys, requests: drawn(scenario, seed, CLOSED_ROUND, empty) }
  }
  const segments = loadSegments(schedule.phases, arrival.ratePerSecond)
  const arrivals =
    arrival.process === 'constant' ? constantArrivals(segments) : poissonArrivals(segments, createRandom(seed, 'kv arrivals').next)
  return {
    ...schedule,
    hash: planHash(scenario, seed),
    seed,
    keys: scenario.keys,
    requests: drawn(scenario, seed, arrivals.dueMs.length, arrivals),
  }
}

/** The name of a key: readable, and different in every run, so that a store that runs already may be used again. */
export function keyName(plan: Pick<KvPlan, 'seed' | 'hash'>, key: number): string {
  return `assay-${createHash('sha256').update(`${plan.hash} ${plan.seed}`).digest('hex').slice(0, 8)}-${key}`
}

function drawn(
  { mix, keys, valueBytes }: KvScenario,
  seed: number,
  count: number,
  arrivals: { readonly dueMs: Float64Array; readonly segment: Uint8Array },
): KvRequests {
  const kinds = createRandom(seed, 'kv kinds')
  const picks = createRandom(seed, 'kv keys')
  const sizes = createRandom(seed, 'kv sizes')
  const { min, max } = typeof valueBytes === 'number' ? { min: valueBytes, max: valueBytes } : valueBytes
  const kindOf = (fraction: number): number => (fraction < mix.get ? 0 : fraction < mix.get + mix.set ? 1 : 2)
  return {
    count,
    dueMs: arrivals.dueMs,
    phase: arrivals.segment,
    kind: Uint8Array.from({ length: count }, () => kindOf(kinds.next())),
    key: Uint32Array.from({ length: count }, () => picks.below(keys)),
    valueBytes: Uint32Array.from({ length: count }, () => Math.max(MIN_VALUE_BYTES, min + sizes.below(max - min + 1))),
  }
}
