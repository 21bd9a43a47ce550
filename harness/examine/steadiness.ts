/**
 * Whether a load could go on for ever. A server that gets a little more than it can do falls behind a little more each second; in a step of
 * seconds that stays within the SLA for loads that no server would survive for a minute. Pure.
 */
import { theilSen } from '../judge/theil-sen.ts'
import type { RunRecord } from '../record/run-record.ts'

/** A queue is called endless when it would pass the SLA within this time. */
const LOOKED_AHEAD_SECONDS = 60
/**
 * Over the whole step, growth by less than this share of the SLA is a matter of chance: messages that are due at random come some per cent more
 * often in one second than in another, and near the capacity a queue keeps that for seconds.
 */
const HARMLESS_SHARE = 0.25

export interface Steadiness {
  /** By how much the median delivery latency grows each second of the hold. */
  readonly growthMsPerSecond: number
  readonly isSteady: boolean
}

export function steadinessOf({ timeline, phases, slaMs }: RunRecord): Steadiness {
  const hold = phases.find(({ measured }) => measured)
  const rows = timeline.rows.filter(row => hold !== undefined && row.atMs >= hold.startMs && row.atMs < hold.endMs && row.deliveries > 0)
  const slope = theilSen(rows.map(row => ({ x: row.atMs / 1000, y: row.p50 })))?.slope ?? 0
  const seconds = hold === undefined ? 0 : (hold.endMs - hold.startMs) / 1000
  const isSteady = slope * seconds < slaMs * HARMLESS_SHARE || slope * LOOKED_AHEAD_SECONDS < slaMs
  return { growthMsPerSecond: slope, isSteady }
}
