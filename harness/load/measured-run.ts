/** From what was played to the measured part of a run record: sums, percentiles, pictures. No verdict; that is the judge's. */
import {
  createLatencyHistogram,
  decodeLatencyHistogram,
  encodeLatencyHistogram,
  mergeLatencyHistograms,
  percentileCurve,
  percentilesMs,
} from '../record/latency-histogram.ts'
import type { CohortResult, Evidence, RunRecord, RunSummary, ServerUse, Stall, TimelineRow } from '../record/run-record.ts'
import type { AnomalyKind } from './anomalies.ts'
import { computeCompletions, type Completions } from './completions.ts'
import { ExactRows } from './exact-rows.ts'
import { judgeGenerator } from './generator-health.ts'
import { bucketEdgeMs, GRID_BUCKETS, GRID_INTERVAL_MS, LatencyGrid } from './latency-grid.ts'
import type { Played } from './play-scenario.ts'
import { collectEvidence } from './run-evidence.ts'
import { findStalls } from './stalls.ts'
import { thinned } from './thinned-samples.ts'
import type { WorkerAccount } from './transport.ts'

/** The part of a record that the load engine knows. */
export type MeasuredRun = Pick<
  RunRecord,
  | 'status'
  | 'endedBy'
  | 'statusText'
  | 'planHash'
  | 'seed'
  | 'users'
  | 'summary'
  | 'phases'
  | 'timeline'
  | 'curves'
  | 'histograms'
  | 'cohorts'
  | 'serverSamples'
  | 'generatorSamples'
  | 'evidence'
>

export function measureRun(played: Played, slaMs: number): MeasuredRun {
  const { plan, result } = played
  const base = {
    status: played.status,
    endedBy: played.endedBy,
    statusText: played.statusText,
    planHash: plan.hash,
    seed: plan.seed,
    serverSamples: thinned(played.serverSamples),
    generatorSamples: thinned(played.generatorSamples),
  }
  const users = { planned: plan.users, joined: 0, channels: plan.channelNames.length, memberships: plan.memberChannels.length }
  if (result === null)
    return { ...base, ...measureUnfinished(played), users: { ...users, joined: sumOf(played.progress, progress => progress?.joined ?? 0) } }
  const isJudged = played.status === 'finished'
  const endUs = played.atMs * 1000
  const accounts = isJudged ? result.accounts : result.accounts.map(withoutLosses)
  const completions = computeCompletions(plan, result.table, accounts, slaMs, isJudged && !result.quiet.isQuiet ? endUs : NaN)
  const delivery = mergeLatencyHistograms(accounts.map(account => decodeLatencyHistogram(account.delivery)))
  const cohorts = mergeCohorts(plan, accounts)
  const stalls = stallsOf(played, accounts, completions)
  return {
    ...base,
    users: { ...users, joined: sumOf(accounts, account => account.joined) },
    summary: { ...summarize(played, accounts, completions, cohorts), stalls },
    phases: [...completions.phases],
    timeline: timelineOf(mergeGrid(plan.scheduleMs, accounts), completions.rows, accounts),
    curves: { completion: percentileCurve(completions.histogram), delivery: percentileCurve(delivery) },
    histograms: { completion: encodeLatencyHistogram(completions.histogram), delivery: encodeLatencyHistogram(delivery) },
    cohorts,
    evidence: evidenceOf(played, accounts, completions, stalls),
  }
}

/** An interrupted run was never quiet: what had not come by then is not lost. */
function withoutLosses(account: WorkerAccount): WorkerAccount {
  return {
    ...account,
    losses: [],
    missing: new Uint32Array(account.missing.length),
    cohorts: account.cohorts.map(cohort => ({ ...cohort, lost: 0 })),
  }
}

function summarize(
  played: Played,
  accounts: readonly WorkerAccount[],
  completions: Completions,
  cohorts: readonly CohortResult[],
): RunSummary {
  const { plan } = played
  const histogram = (pick: (account: WorkerAccount) => string) =>
    percentilesMs(mergeLatencyHistograms(accounts.map(account => decodeLatencyHistogram(pick(account)))))
  const anomalies = (kind: AnomalyKind): number => sumOf(accounts, account => account.counts[kind])
  return {
    ...unjudged(plan.seed),
    messages: completions.messages,
    deliveries: sumOf(accounts, account => account.deliveries),
    expectedDeliveries: sumOf(cohorts, cohort => cohort.expectedDeliveries),
    lost: sumOf(cohorts, cohort => cohort.lost),
    duplicated: anomalies('duplicated'),
    misdelivered: anomalies('misdelivered') + sumOf(accounts, account => account.phantoms),
    corrupted: anomalies('corrupted'),
    garbled: anomalies('garbled'),
    dropped: anomalies('dropped'),
    shed: sumOf(accounts, account => account.shed),
    lateCompletions: completions.late.length,
    ...(played.status === 'finished' && played.result !== null ? { quiet: played.result.quiet.isQuiet } : {}),
    completionMs: percentilesMs(completions.histogram),
    deliveryMs: histogram(account => account.delivery),
    joinMs: histogram(account => account.join),
    slowReaders: cohorts.slice(1),
    generator: judgeGenerator({
      workers: played.workers,
      sendLagMs: histogram(account => account.sendLag),
      loopDelayMs: histogram(account => account.loopDelay),
      samples: played.generatorSamples,
      planned: plan.messages.count,
      unsent: sumOf(accounts, account => account.unsent),
      overloadUnsent: sumOf(accounts, account => account.overloadUnsent),
      unconnected: sumOf(accounts, account => account.unconnected),
      unconnectedWhy: accounts.find(account => account.unconnectedWhy !== '')?.unconnectedWhy ?? '',
    }),
    server: serverUse(played),
  }
}

function stallsOf(played: Played, accounts: readonly WorkerAccount[], completions: Completions): Stall[] {
  const reads = new Uint32Array(accounts[0]?.readsPerBin.length ?? 0)
  for (const account of accounts) account.readsPerBin.forEach((count, bin) => (reads[bin] = (reads[bin] ?? 0) + count))
  const alive = accounts.map(account => account.alivePerBin)
  const lastReadMs = accounts.reduce((last, account) => Math.max(last, account.lastReadUs / 1000), 0)
  return findStalls(reads, alive, completions.journeys, played.atMs, lastReadMs)
}

function mergeCohorts(plan: Played['plan'], accounts: readonly WorkerAccount[]): CohortResult[] {
  return plan.cohorts.map(({ name, reading }, index) => {
    const parts = accounts.flatMap(account => account.cohorts[index] ?? [])
    const closeCodes: Record<string, number> = {}
    for (const part of parts)
      for (const [code, count] of Object.entries(part.closeCodes)) closeCodes[code] = (closeCodes[code] ?? 0) + count
    const latencies = index === 0 ? accounts.map(account => account.delivery) : parts.map(part => part.latency)
    return {
      name,
      reading,
      users: sumOf(parts, part => part.users),
      expectedDeliveries: sumOf(parts, part => part.expected),
      deliveries: sumOf(parts, part => part.deliveries),
      lost: sumOf(parts, part => part.lost),
      duplicated: sumOf(parts, part => part.duplicated),
      evicted: sumOf(parts, part => part.evicted),
      dropped: sumOf(parts, part => part.dropped),
      closeCodes,
      deliveryMs: percentilesMs(mergeLatencyHistograms(latencies.map(decodeLatencyHistogram))),
    }
  })
}

function timelineOf(
  delivery: LatencyGrid,
  completion: ExactRows,
  accounts: readonly Pick<WorkerAccount, 'sentPerRow' | 'shedPerRow'>[],
): RunRecord['timeline'] {
  const rows: TimelineRow[] = []
  for (let row = 0; row < delivery.rows; row++) {
    rows.push({
      atMs: row * GRID_INTERVAL_MS,
      sent: sumOf(accounts, account => account.sentPerRow[row] ?? 0),
      deliveries: delivery.countIn(row),
      shed: sumOf(accounts, account => account.shedPerRow[row] ?? 0),
      p50: delivery.percentileMs(row, 0.5),
      p99: delivery.percentileMs(row, 0.99),
      max: delivery.maxMs(row),
      completionP99: completion.percentileMs(row, 0.99),
      completionMax: completion.maxMs(row),
      heat: delivery.heat(row),
    })
  }
  return { intervalMs: GRID_INTERVAL_MS, bucketEdgesMs: Array.from({ length: GRID_BUCKETS }, (_, bucket) => bucketEdgeMs(bucket)), rows }
}

function mergeGrid(scheduleMs: number, accounts: readonly WorkerAccount[]): LatencyGrid {
  const grid = new LatencyGrid(scheduleMs)
  for (const account of accounts) grid.add(account.gridCounts, account.gridMaxUs)
  return grid
}

function evidenceOf(played: Played, accounts: readonly WorkerAccount[], completions: Completions, stalls: readonly Stall[]): Evidence[] {
  if (played.result === null) return []
  const { table } = played.result
  const pictures = stalls.map(stall => ({
    kind: 'stall' as const,
    text: `Nothing was read by anyone at full speed for ${inSeconds(stall.durationMs)} from ${inSeconds(stall.atMs)} on, while ${stall.waitingMessages.toLocaleString('en-US')} messages were under way${stall.recovered ? '' : ', and nothing more until the run ended'}.`,
    lanes: ['users', 'server'],
    events: [
      {
        lane: 'users',
        atMs: stall.atMs,
        kind: 'send' as const,
        text: `${stall.waitingMessages.toLocaleString('en-US')} messages sent from here on`,
      },
      { lane: 'server', atMs: stall.atMs, kind: 'missing' as const, text: 'nothing comes' },
      stall.recovered
        ? { lane: 'users', atMs: stall.atMs + stall.durationMs, kind: 'read' as const, text: 'deliveries go on' }
        : { lane: 'users', atMs: stall.atMs + stall.durationMs, kind: 'missing' as const, text: 'the run ends here' },
    ],
  }))
  const { received, lastUs, late } = completions
  return [...collectEvidence({ plan: played.plan, table, accounts, received, lastUs, late }), ...pictures]
}

function inSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`
}

/** A run that is not over, or lost a worker: what the workers told on the way. */
function measureUnfinished(
  played: Played,
): Pick<MeasuredRun, 'summary' | 'phases' | 'timeline' | 'curves' | 'histograms' | 'cohorts' | 'evidence'> {
  const { plan, progress } = played
  const grid = new LatencyGrid(plan.scheduleMs)
  const rows = played.progressRows
  for (const row of rows) {
    grid.counts.set(row.counts, row.row * GRID_BUCKETS)
    grid.maxUs[row.row] = row.maxUs
  }
  const perRow = { sentPerRow: new Uint32Array(grid.rows), shedPerRow: new Uint32Array(grid.rows) }
  for (const row of rows) {
    perRow.sentPerRow[row.row] = row.sent
    perRow.shedPerRow[row.row] = row.shed
  }
  const empty = createLatencyHistogram()
  const told = progress.flatMap(one => (one === undefined ? [] : [one]))
  return {
    summary: {
      ...unjudged(plan.seed),
      messages: sumOf(told, one => one.sent),
      deliveries: sumOf(told, one => one.deliveries),
      duplicated: sumOf(told, one => one.counts.duplicated),
      misdelivered: sumOf(told, one => one.counts.misdelivered),
      corrupted: sumOf(told, one => one.counts.corrupted),
      garbled: sumOf(told, one => one.counts.garbled),
      dropped: sumOf(told, one => one.counts.dropped),
      shed: sumOf(told, one => one.shed),
      deliveryMs: gridPercentiles(grid),
      generator: { ...unjudged(plan.seed).generator, workers: played.workers },
      server: serverUse(played),
    },
    phases: [],
    timeline: timelineOf(grid, new ExactRows(), [perRow]),
    curves: { completion: [], delivery: [] },
    histograms: { completion: encodeLatencyHistogram(empty), delivery: encodeLatencyHistogram(empty) },
    cohorts: [],
    evidence: [],
  }
}

/** All rows of a coarse grid as one: the percentiles are good to a bucket's width. */
function gridPercentiles(grid: LatencyGrid): RunSummary['deliveryMs'] {
  const whole = new LatencyGrid(GRID_INTERVAL_MS)
  for (let i = 0; i < grid.counts.length; i++) {
    const bucket = i % GRID_BUCKETS
    whole.counts[bucket] = (whole.counts[bucket] ?? 0) + (grid.counts[i] ?? 0)
  }
  whole.maxUs[0] = grid.maxUs.reduce((max, value) => Math.max(max, value), 0)
  const at = (share: number): number => whole.percentileMs(0, share)
  return { count: whole.countIn(0), p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max: whole.maxMs(0) }
}

/** A summary with nothing in it. */
export function unjudged(seed: number): RunSummary {
  const none = percentilesMs(createLatencyHistogram())
  return {
    verdict: 'not attempted',
    reasons: [],
    messages: 0,
    deliveries: 0,
    expectedDeliveries: 0,
    lost: 0,
    duplicated: 0,
    misdelivered: 0,
    corrupted: 0,
    garbled: 0,
    shed: 0,
    dropped: 0,
    lateCompletions: 0,
    stalls: [],
    completionMs: none,
    deliveryMs: none,
    joinMs: none,
    slowReaders: [],
    generator: { workers: 0, sendLagMs: none, loopDelayMs: none, cpu: null, saturated: false, saturation: [], missed: 0, unsent: 0 },
    server: null,
    seed,
  }
}

export function serverUse({ serverSamples, serverCpuSeconds }: Pick<Played, 'serverSamples' | 'serverCpuSeconds'>): ServerUse | null {
  if (serverSamples.length === 0) return null
  const most = (pick: (sample: Played['serverSamples'][number]) => number): number =>
    serverSamples.reduce((max, sample) => Math.max(max, pick(sample)), 0)
  return {
    cpuSeconds: serverCpuSeconds,
    cpuMax: most(sample => sample.cpu),
    rssBytesMax: most(sample => sample.rssBytes),
    fdsMax: most(sample => sample.fds),
    threadsMax: most(sample => sample.threads),
  }
}

function sumOf<T>(items: readonly T[], pick: (item: T) => number): number {
  return items.reduce((sum, item) => sum + pick(item), 0)
}
