/** What a worker tells while it runs: enough to show, and enough to keep should the worker die. */
import type { GeneratorWatch } from './generator-watch.ts'
import { GRID_BUCKETS, GRID_INTERVAL_MS } from './latency-grid.ts'
import type { Intake } from './intake.ts'
import type { OverdueWatch } from './overdue-watch.ts'
import type { SendLoop } from './send-loop.ts'
import type { WorkerProgress } from './transport.ts'
import type { UserFleet } from './user-fleet.ts'

/** Rows of the grid that may still change; older ones were told before. */
const LIVE_ROWS = 4

export interface ProgressParts {
  readonly intake: Intake
  readonly fleet: UserFleet
  readonly sendLoop: SendLoop
  readonly watch: GeneratorWatch
  readonly overdue: OverdueWatch
}

export function takeProgress(atMs: number, { intake, fleet, sendLoop, watch, overdue }: ProgressParts): WorkerProgress {
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
    overdue: overdue.count(),
    old: overdue.takeOld(sendLoop.table, atMs * 1000),
    latency: intake.latency.snapshot(),
    generator: { atMs, cpu, sendLagMaxMs: sendLoop.takeLagMaxMs(), loopDelayMaxMs },
    rows,
  }
}
