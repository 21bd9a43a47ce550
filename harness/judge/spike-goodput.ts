/** What a server still delivers while it is asked for more than it can carry: one that sheds everything stays alive, and is of no use. */
import type { RunRecord } from '../record/run-record.ts'

/** The fewest deliveries a second (median) of any spike, as a share of those in the hold before it; `null` where nothing tells. */
export function spikeGoodputShare(record: RunRecord): number | null {
  const shares = record.phases.flatMap((phase, place) => {
    if (phase.kind !== 'spike') return []
    const hold = record.phases.slice(0, place).findLast(({ kind }) => kind === 'hold')
    const [before, meanwhile] = [hold === undefined ? null : ratePerSecond(record, hold), ratePerSecond(record, phase)]
    return before === null || before === 0 || meanwhile === null ? [] : [meanwhile / before]
  })
  return shares.length === 0 ? null : Math.min(...shares)
}

/** The median of the rows of the timeline that lie in the phase as a whole: what is served before a server notices the load is not what it can serve. */
function ratePerSecond({ timeline }: RunRecord, { startMs, endMs }: RunRecord['phases'][number]): number | null {
  const deliveries = timeline.rows
    .filter(({ atMs }) => atMs >= startMs && atMs + timeline.intervalMs <= endMs)
    .map(row => row.deliveries)
    .sort((a, b) => a - b)
  const middle = (deliveries.length - 1) / 2
  const [low, high] = [deliveries[Math.floor(middle)], deliveries[Math.ceil(middle)]]
  return low === undefined || high === undefined ? null : ((low + high) * 500) / timeline.intervalMs
}
