/** What a worker tells while it runs: enough to show, and enough to keep should the worker die. */
import type { GeneratorWatch } from './generator-watch.ts'
import { bucketEdgeMs, GRID_BUCKETS, GRID_INTERVAL_MS } from './latency-grid.ts'
import type { Intake } from './intake.ts'
import type { SendLoop } from './send-loop.ts'
import type { WorkerProgress } from './transport.ts'
import type { UserFleet } from './user-fleet.ts'

/** Rows of the grid that may still change; older ones were told before. */
const LIVE_ROWS = 4

export function takeProgress(atMs: number, intake: Intake, fleet: UserFleet, sendLoop: SendLoop, watch: GeneratorWatch): WorkerProgress {
  const { grid } = intake
  const last = Math.min(grid.rows - 1, Math.floor(atMs / GRID_INTERVAL_MS))
  const rows = []
  for (let row = Math.max(0, last - LIVE_ROWS + 1); row <= last; row++) {
    rows.push({
      row,
      counts: grid.counts.slice(row * GRID_BUCKETS, (row + 1) * GRID_BUCKETS),
      maxUs: grid.maxUs[row] ?? 0,
      sent: sendLoop.sentPerRow[row] ?? 0,
      shed: sendLoop.shedPerRow[row] ?? 0,
    })
  }
  const { cpu, loopDelayMaxMs } = watch.sample()
  return {
    atMs,
    connected: fleet.joined,
    joined: fleet.everJoined,
    sent: sendLoop.table.count,
    deliveries: intake.deliveries,
    shed: sendLoop.shed,
    evicted: fleet.evicted.reduce((sum, count) => sum + count, 0),
    dropped: fleet.dropped.reduce((sum, count) => sum + count, 0),
    counts: { ...intake.anomalies.counts },
    recentP99Ms: recentP99Ms(rows.map(({ counts }) => counts)),
    generator: { atMs, cpu, sendLagMaxMs: sendLoop.takeLagMaxMs(), loopDelayMaxMs },
    rows,
  }
}

function recentP99Ms(rows: readonly Uint32Array[]): number {
  const total = rows.reduce((sum, row) => sum + row.reduce((a, b) => a + b, 0), 0)
  if (total === 0) return 0
  let above = total * 0.01
  for (let bucket = GRID_BUCKETS - 1; bucket >= 0; bucket--) {
    above -= rows.reduce((sum, row) => sum + (row[bucket] ?? 0), 0)
    if (above < 0) return bucketEdgeMs(bucket)
  }
  return 0
}
