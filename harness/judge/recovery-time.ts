/** How long it took until the service level was met again after the load fell back, and whether that was the server's doing. */
import type { RunRecord } from '../record/run-record.ts'
import { isBusyBetween, lastSecondMs } from './busy-generator.ts'

interface Recovery {
  readonly startMs: number
  /** How long it took, from there. */
  readonly tookMs: number
}

/** The slowest: from its start until every later second of it met the SLA; `null` without a recovery or without messages in it. */
export function slowestRecovery(record: RunRecord): Recovery | null {
  const recoveries = record.phases.flatMap(phase => (phase.kind === 'recovery' ? (recoveryOf(record, phase) ?? []) : []))
  return recoveries.reduce<Recovery | null>((slowest, one) => (slowest === null || one.tookMs > slowest.tookMs ? one : slowest), null)
}

function recoveryOf({ timeline, slaMs }: RunRecord, { startMs, endMs }: RunRecord['phases'][number]): Recovery | null {
  const rows = timeline.rows.filter(row => row.atMs + timeline.intervalMs > startMs && row.atMs < endMs && row.sent > 0)
  if (rows.length === 0) return null
  const lastLate = rows.findLast(row => row.completionP99 > slaMs || row.completionMax === 0)
  return { startMs, tookMs: lastLate === undefined ? 0 : Math.max(0, lastLate.atMs + timeline.intervalMs - startMs) }
}

/** Was the generator itself without rest when what was due in the last late second should have been read? */
export function isRecoveryOurs(record: RunRecord): boolean {
  const recovery = slowestRecovery(record)
  if (recovery === null) return false
  const toMs = recovery.startMs + recovery.tookMs + record.slaMs
  return isBusyBetween(record, Math.min(toMs - record.timeline.intervalMs, lastSecondMs(record)), toMs)
}
