/** Were stopped readers owed as much, and for as long, as the protocol allows a server to take before it disconnects them (s2.eviction)? */
import type { RunRecord } from '../record/run-record.ts'

const EVICTED_BY_BYTES = 16 * 1024 * 1024
const EVICTED_BY_MS = 30_000

/** False where a right server may still have kept some of them at the end. True too where the record does not tell. */
export function wereOwedEnough(record: RunRecord): boolean {
  const endMs = record.phases.reduce((last, phase) => Math.max(last, phase.endMs), 0)
  const full = record.cohorts.find(({ reading }) => reading === 'full')
  const bodyBytes = meanBodyBytes(record)
  if (endMs === 0 || full === undefined || full.users === 0 || bodyBytes === null) return true
  const stoppedMs = endMs - latestStopMs(record)
  const bytes = (full.deliveries / full.users) * bodyBytes * (stoppedMs / endMs)
  return stoppedMs >= EVICTED_BY_MS && bytes >= EVICTED_BY_BYTES
}

function meanBodyBytes({ scenario }: RunRecord): number | null {
  const bytes = fieldOf(scenario['body'], 'bytes')
  if (typeof bytes === 'number') return bytes
  const min = fieldOf(bytes, 'min')
  const max = fieldOf(bytes, 'max')
  return typeof min === 'number' && typeof max === 'number' ? (min + max) / 2 : null
}

function latestStopMs({ scenario }: RunRecord): number {
  const cohorts: unknown = scenario['cohorts']
  const stops = (Array.isArray(cohorts) ? cohorts : []).map((cohort: unknown) =>
    fieldOf(cohort, 'reading') === 'stopped' ? Number(fieldOf(cohort, 'fromSeconds') ?? 0) * 1000 : 0,
  )
  return Math.max(0, ...stops)
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Object.entries(value).find(([key]) => key === name)?.[1] : undefined
}
