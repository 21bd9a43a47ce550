import type { RunRecord, RunSummary } from '../../harness/record/run-record.ts'

/** The runs of one candidate. More than one give a spread, and only a spread can tell a difference from chance. */
export interface RunGroup {
  readonly name: string
  readonly runs: readonly RunRecord[]
}

/** Why runs are not put side by side: the user's mistake, with what to do about it. */
export class NotComparableError extends Error {
  override readonly name = 'NotComparableError'
}

/** What is compared. No number stands for all of them. */
export interface Metric {
  readonly name: string
  readonly unit: 'ms' | 'count' | 'bytes' | 'seconds'
  readonly better: 'lower' | 'higher'
  /** `null` where the run did not measure it. */
  readonly value: (summary: RunSummary) => number | null
}

export interface Spread {
  readonly median: number
  readonly lowest: number
  readonly highest: number
  readonly runs: number
}

export type Difference =
  | { readonly kind: 'reference' }
  /** Not measured on one side. */
  | { readonly kind: 'unknown' }
  /** Fewer than two runs on one side: nobody knows what chance alone does. */
  | { readonly kind: 'single' }
  /** The medians are no further apart than repeats of one candidate are. */
  | { readonly kind: 'none' }
  | { readonly kind: 'better' | 'worse'; readonly ratio: number }

export interface ComparedMetric {
  readonly metric: Metric
  /** One for each group; `null` where no run measured it. */
  readonly spreads: readonly (Spread | null)[]
  /** One for each group, against the first. */
  readonly differences: readonly Difference[]
}

export interface Comparison {
  readonly groups: readonly RunGroup[]
  readonly metrics: readonly ComparedMetric[]
  /** What a reader must know before reading any figure. */
  readonly cautions: readonly string[]
}

const MAX_GROUPS = 12

const ifMeasured = (percentiles: RunSummary['completionMs'], ms: number) => (percentiles.count === 0 ? null : ms)

const METRICS: readonly Metric[] = [
  { name: 'completion p50', unit: 'ms', better: 'lower', value: ({ completionMs }) => ifMeasured(completionMs, completionMs.p50) },
  { name: 'completion p99', unit: 'ms', better: 'lower', value: ({ completionMs }) => ifMeasured(completionMs, completionMs.p99) },
  { name: 'completion max', unit: 'ms', better: 'lower', value: ({ completionMs }) => ifMeasured(completionMs, completionMs.max) },
  { name: 'delivery p50', unit: 'ms', better: 'lower', value: ({ deliveryMs }) => ifMeasured(deliveryMs, deliveryMs.p50) },
  { name: 'delivery p99', unit: 'ms', better: 'lower', value: ({ deliveryMs }) => ifMeasured(deliveryMs, deliveryMs.p99) },
  { name: 'lost', unit: 'count', better: 'lower', value: summary => summary.lost },
  { name: 'duplicated', unit: 'count', better: 'lower', value: summary => summary.duplicated },
  { name: 'stray', unit: 'count', better: 'lower', value: summary => summary.misdelivered },
  { name: 'corrupted', unit: 'count', better: 'lower', value: summary => summary.corrupted },
  { name: 'shed', unit: 'count', better: 'lower', value: summary => summary.shed },
  { name: 'deliveries', unit: 'count', better: 'higher', value: summary => summary.deliveries },
  { name: 'server CPU', unit: 'seconds', better: 'lower', value: ({ server }) => server?.cpuSeconds ?? null },
  { name: 'server memory', unit: 'bytes', better: 'lower', value: ({ server }) => server?.rssBytesMax ?? null },
]

/** For key-value stores, whose records fill the common fields with requests and answers. */
const KV_METRICS: readonly Metric[] = [
  { name: 'request p50', unit: 'ms', better: 'lower', value: ({ completionMs }) => ifMeasured(completionMs, completionMs.p50) },
  { name: 'request p99', unit: 'ms', better: 'lower', value: ({ completionMs }) => ifMeasured(completionMs, completionMs.p99) },
  { name: 'request max', unit: 'ms', better: 'lower', value: ({ completionMs }) => ifMeasured(completionMs, completionMs.max) },
  { name: 'answers', unit: 'count', better: 'higher', value: summary => summary.deliveries },
  { name: 'failed', unit: 'count', better: 'lower', value: summary => summary.lost },
  { name: 'wrong', unit: 'count', better: 'lower', value: summary => summary.corrupted },
  { name: 'server CPU', unit: 'seconds', better: 'lower', value: ({ server }) => server?.cpuSeconds ?? null },
  { name: 'server memory', unit: 'bytes', better: 'lower', value: ({ server }) => server?.rssBytesMax ?? null },
]

/** Runs by candidate and target, in the order in which each first appears. */
export function groupRuns(records: readonly RunRecord[]): RunGroup[] {
  const groups = new Map<string, { candidate: RunRecord['candidate']; runs: RunRecord[] }>()
  for (const record of records) {
    const { candidate } = record
    const key = JSON.stringify([candidate.name, candidate.target, candidate.transport])
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { candidate, runs: [record] })
    else group.runs.push(record)
  }
  const all = [...groups.values()]
  return all.map(({ candidate, runs }) => {
    const shared = all.filter(other => other.candidate.name === candidate.name).length > 1
    return { name: shared ? `${candidate.name} (${candidate.target}, ${candidate.transport})` : candidate.name, runs }
  })
}

/**
 * Puts groups side by side, each against the first. A median that differs by no more than the repeats of one candidate do among themselves
 * is no difference. Throws `NotComparableError` for runs of different plans, for no run at all, and for more than 12 groups.
 */
export function compareGroups(groups: readonly RunGroup[]): Comparison {
  assertComparable(groups)
  const metrics = (groups[0]?.runs[0]?.kv === undefined ? METRICS : KV_METRICS).map(metric => {
    const spreads = groups.map(group => spreadOf(group, metric))
    const differences = spreads.map((spread, index) =>
      index === 0 ? ({ kind: 'reference' } as const) : difference(metric, spreads[0] ?? null, spread),
    )
    return { metric, spreads, differences }
  })
  return { groups, metrics, cautions: cautions(groups) }
}

function assertComparable(groups: readonly RunGroup[]): void {
  const runs = groups.flatMap(group => group.runs)
  if (runs.length === 0 || groups.some(group => group.runs.length === 0)) {
    throw new NotComparableError(
      'Expected at least one run for each candidate, got none. Name the folders or run.json files of finished runs.',
    )
  }
  if (groups.length > MAX_GROUPS) {
    throw new NotComparableError(`Expected at most ${MAX_GROUPS} candidates side by side, got ${groups.length}. Compare fewer at a time.`)
  }
  const plans = new Map(runs.map(run => [run.planHash, `${run.scenario.name}, seed ${run.seed}`]))
  if (plans.size > 1) {
    const named = [...plans].map(([hash, plan]) => `${plan} (plan ${hash.slice(0, 12)})`)
    throw new NotComparableError(
      `Expected runs of one plan, got ${plans.size}: ${named.join('; ')}. Runs of different plans cannot be ranked; run each candidate with the same scenario, settings and --seed.`,
    )
  }
}

function spreadOf(group: RunGroup, metric: Metric): Spread | null {
  const values = group.runs
    .map(run => metric.value(run.summary))
    .filter(value => value !== null)
    .sort((a, b) => a - b)
  const lowest = values[0]
  const highest = values.at(-1)
  if (lowest === undefined || highest === undefined) return null
  const middle = (values.length - 1) / 2
  const median = ((values[Math.floor(middle)] ?? lowest) + (values[Math.ceil(middle)] ?? highest)) / 2
  return { median, lowest, highest, runs: values.length }
}

function difference(metric: Metric, reference: Spread | null, other: Spread | null): Difference {
  if (reference === null || other === null) return { kind: 'unknown' }
  if (reference.runs < 2 || other.runs < 2) return { kind: 'single' }
  const overlap = other.lowest <= reference.highest && reference.lowest <= other.highest
  const noise = Math.max(reference.highest - reference.lowest, other.highest - other.lowest)
  const apart = Math.abs(other.median - reference.median)
  if (overlap || apart <= noise) return { kind: 'none' }
  const lower = other.median < reference.median
  return { kind: lower === (metric.better === 'lower') ? 'better' : 'worse', ratio: other.median / reference.median }
}

function cautions(groups: readonly RunGroup[]): string[] {
  const runs = groups.flatMap(group => group.runs)
  const unfinished = runs.filter(run => run.status !== 'finished').length
  const unsure = runs.filter(run => run.summary.verdict === 'inconclusive').length
  const machines = new Set(runs.map(run => `${run.machine.cpu}, ${run.machine.cores} cores, ${run.machine.os}`))
  const single = groups.filter(group => group.runs.length < 2)
  return [
    ...(unfinished > 0
      ? [`${unfinished} of ${runs.length} runs did not come to their end; their figures cover only a part of the plan.`]
      : []),
    ...(unsure > 0
      ? [
          `${unsure} of ${runs.length} runs are inconclusive: what they measured may say more about Assay or the network than about the server.`,
        ]
      : []),
    ...(machines.size > 1
      ? [`The runs come from ${machines.size} different machines, so no difference in time, CPU or memory can be put down to a candidate.`]
      : []),
    ...(single.length > 0
      ? [
          `Only one run of ${single.map(group => group.name).join(', ')}: a difference cannot be told from chance. Run each with --repeat 5.`,
        ]
      : []),
  ]
}
