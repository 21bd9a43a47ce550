/** What is shown while a run goes on: one line that is rewritten in a terminal, a plain line every few seconds elsewhere. Goes to stderr. */
import { type LatencySnapshot, percentileMsOf } from '../record/latency-counts.ts'
import type { PlayedKv } from '../load/play-kv.ts'
import type { Played } from '../load/play-scenario.ts'
import { formatCount, formatMs } from '../../reports/text/number-format.ts'

const PLAIN_LINE_MS = 2000

export interface RunProgress {
  show(played: Played): void
  showKv(played: PlayedKv): void
  /** Ends the line that is being rewritten. */
  end(): void
}

export function createRunProgress(stream: NodeJS.WriteStream, nowMs: () => number): RunProgress {
  let lastMs = -Infinity
  let lastStage = ''
  const write = (line: string, stage: string): void => {
    if (stream.isTTY) {
      stream.write(`\r\u001b[2K${line.slice(0, Math.max(20, stream.columns - 1))}`)
      return
    }
    if (nowMs() - lastMs < PLAIN_LINE_MS && stage === lastStage) return
    lastMs = nowMs()
    lastStage = stage
    stream.write(`${line}\n`)
  }
  return {
    show: played => write(progressLine(played), played.stage),
    showKv: played => write(kvProgressLine(played), played.stage),
    end() {
      if (stream.isTTY) stream.write('\r\u001b[2K')
    },
  }
}

function kvProgressLine({ plan, stage, atMs, outcomes, events, nodes, serverSamples }: PlayedKv): string {
  if (stage === 'draining') return 'reading what every node holds'
  const last = events.at(-1)
  const cpu = serverSamples.at(-1)?.cpu
  const parts = [
    `${formatCount(outcomes.soFar.answered)} answers`,
    `${formatCount(outcomes.underWay)} under way`,
    `${formatCount(outcomes.retries)} tried again`,
    p99Text([outcomes.soFar.latency.snapshot()]),
    `failed ${formatCount(outcomes.soFar.failed)}`,
    `wrong ${formatCount(outcomes.soFar.wrong)}`,
    ...(last === undefined ? [] : [`${nodes[last.node]?.name ?? last.node + 1} ${last.kind}`]),
    ...(cpu === undefined ? [] : [`store ${(cpu * 100).toFixed(0)} % CPU`]),
  ]
  const phase = plan.phases.find(({ endMs }) => atMs < endMs)?.name ?? 'ending'
  return `${phase}   ${parts.join('  ')}  ${Math.max(0, Math.ceil((plan.scheduleMs - atMs) / 1000))} s left`
}

function progressLine(played: Played): string {
  const told = played.progress.flatMap(progress => (progress === undefined ? [] : [progress]))
  const sum = (pick: (progress: (typeof told)[number]) => number): number => told.reduce((total, progress) => total + pick(progress), 0)
  const users = `${formatCount(sum(progress => progress.connected))}/${formatCount(played.plan.users)} users`
  if (played.stage === 'gathering') return `joining   ${users}`
  const cpu = played.serverSamples.at(-1)?.cpu
  const wrong = sum(({ counts }) => counts.duplicated + counts.misdelivered + counts.corrupted + counts.garbled)
  const parts = [
    users,
    `${formatCount(ratePerSecond(played))} msg/s`,
    `${formatCount(sum(progress => progress.deliveries))} deliveries`,
    p99Text(told.map(progress => progress.latency)),
    // What is lost is known only once things are quiet.
    `overdue ${formatCount(sum(progress => progress.overdue))}`,
    `wrong ${formatCount(wrong)}`,
    ...(sum(progress => progress.shed) > 0 ? [`shed ${formatCount(sum(progress => progress.shed))}`] : []),
    ...(cpu === undefined ? [] : [`server ${(cpu * 100).toFixed(0)} % CPU`]),
  ]
  if (played.stage === 'draining') return `waiting until it is quiet   ${parts.join('  ')}`
  const leftSeconds = Math.max(0, Math.ceil((played.plan.scheduleMs - played.atMs) / 1000))
  return `${phaseName(played)}   ${parts.join('  ')}  ${leftSeconds} s left`
}

/** Of the whole run so far, as far as it is held to the SLA: a warm-up is not. */
function p99Text(latencies: readonly LatencySnapshot[]): string {
  const p99Ms = percentileMsOf(latencies, 0.99)
  return `p99 so far ${p99Ms === null ? '–' : formatMs(p99Ms)}`
}

function phaseName({ plan, atMs }: Played): string {
  return plan.phases.find(phase => atMs < phase.endMs)?.name ?? 'ending'
}

/** Over the last whole second. */
function ratePerSecond({ progressRows, atMs }: Played): number {
  return progressRows.findLast(({ row }) => (row + 1) * 1000 <= atMs)?.sent ?? progressRows.at(-1)?.sent ?? 0
}
