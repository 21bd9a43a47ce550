/** The name of a plan: equal for two runs exactly when they played the same thing. */
import { createHash } from 'node:crypto'
import type { KvScenario } from './kv-scenario.ts'
import type { Scenario } from './scenario.ts'

/** Raise it when equal scenarios and seeds begin to give other plans, so that runs from before and after are not compared. */
const PLAN_VERSION = 1

/** What a scenario is called and what it is held to do not change what is played. */
const UNPLAYED: ReadonlySet<string> = new Set<keyof Scenario>(['name', 'about', 'thresholds', 'slaMs'])

/** 32 hex digits of SHA-256. */
export function planHash(scenario: Scenario | KvScenario, seed: number): string {
  const played = Object.fromEntries(Object.entries(scenario).filter(([field]) => !UNPLAYED.has(field)))
  return createHash('sha256')
    .update(JSON.stringify(sorted({ version: PLAN_VERSION, seed, played })))
    .digest('hex')
    .slice(0, 32)
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([, field]) => field !== undefined)
  return Object.fromEntries(entries.sort(([left], [right]) => (left < right ? -1 : 1)).map(([field, inner]) => [field, sorted(inner)]))
}
