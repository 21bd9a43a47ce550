import type { RunRecord, VerdictOutcome } from '../harness/record/run-record.ts'
import { compareGroups, type ComparedMetric, type Comparison, type Difference, type RunGroup } from './comparison/comparison.ts'
import { differenceText, metricValue, spreadText } from './comparison/comparison-words.ts'
import { chart, percentilePosition } from './page/chart.ts'
import { html, type Html } from './page/html.ts'
import { facts, renderPage, section } from './page/page.ts'
import { table, type Column } from './page/table.ts'
import { outcomeLabel } from './page/verdict-mark.ts'
import { limitsMs } from './run/run-limits.ts'
import { formatMs, formatPlural, msDigits } from './text/number-format.ts'
import { plainLine } from './text/terminal-escapes.ts'
import { truncated } from './text/truncated.ts'

/** The palette tells four candidates apart; more curves in one drawing could not be read anyway. */
const MAX_CURVES = 4
const MAX_RUN_ROWS = 100

/** Groups of runs as one HTML page: each metric of each candidate, with its spread, against the first. Throws `NotComparableError`. */
export function renderComparison(groups: readonly RunGroup[]): string {
  const comparison = compareGroups(groups)
  const first = groups[0]?.runs[0]
  const scenario = first === undefined ? '' : truncated(plainLine(first.scenario.name), 80)
  return renderPage({
    title: `${groups.map(group => truncated(plainLine(group.name), 40)).join(' and ')} under ${scenario} · Assay`,
    icon: { sign: '≈', colour: '#0b5f8f' },
    charts: true,
    body: html`<header class="masthead">
        <h1>${formatPlural(groups.length, 'candidate')} <span>under ${scenario}</span></h1>
        <p>seed ${first?.seed ?? 0} · plan ${truncated(plainLine(first?.planHash ?? ''), 24)}</p>
      </header>
      ${comparison.cautions.map(caution => html`<p class="notice" role="note">${truncated(plainLine(caution), 500)}</p>`)}
      ${metricsPart(comparison)} ${curvesPart(comparison)} ${runsPart(comparison)}
      <footer class="page-foot">Made by Assay from saved runs alone. Nothing on this page was loaded from anywhere.</footer>`,
  })
}

function metricsPart(comparison: Comparison): Html {
  const limits = sharedLimits(comparison)
  const columns = comparison.groups.map((group, index): Column<ComparedMetric> => ({
    heading: truncated(plainLine(group.name), 60),
    numeric: true,
    cell: compared => metricCell(compared, index, limits),
  }))
  const lead =
    'Median of the repeats, their lowest and highest below it, and how it differs from the first candidate. What lies within the spread of repeats is called no difference.'
  const rows = table<ComparedMetric>(
    'Metrics by candidate',
    [{ heading: 'Metric', cell: ({ metric }) => metric.name }, ...columns],
    comparison.metrics,
  )
  const verdicts = facts(comparison.groups.map(group => [truncated(plainLine(group.name), 60), outcomesOf(group)]))
  return section('metrics', 'Side by side', lead, html`${verdicts} ${rows}`)
}

function outcomesOf({ runs }: RunGroup): Html[] {
  const counts = new Map<VerdictOutcome, number>()
  for (const { summary } of runs) counts.set(summary.verdict, (counts.get(summary.verdict) ?? 0) + 1)
  return [...counts].map(([outcome, count]) => html`${outcomeLabel(outcome)} × ${count} `)
}

function metricCell({ metric, spreads, differences }: ComparedMetric, index: number, limits: readonly number[]): Html {
  const spread = spreads[index] ?? null
  if (spread === null) return html`–`
  const difference: Difference = differences[index] ?? { kind: 'unknown' }
  const tone = difference.kind === 'better' ? 'tone-pass' : difference.kind === 'worse' ? 'tone-fail' : 'tone-unattempted'
  const words = differenceText(difference)
  return html`<strong>${metricValue(spread.median, metric, limits)}</strong><br /><span class="note"
      >${spreadText(spread, metric, limits)}</span
    >
    ${words !== '' && html`<br /><span class="outcome ${tone}">${words}</span>`}`
}

function curvesPart(comparison: Comparison): Html {
  const shown = comparison.groups
    .slice(0, MAX_CURVES)
    .map(group => ({ name: truncated(plainLine(group.name), 40), curve: highestCurve(group.runs) }))
  const percentiles = [...new Set(shown.flatMap(({ curve }) => [...curve.keys()]))].sort((a, b) => a - b)
  const slaMs = comparison.groups[0]?.runs[0]?.slaMs ?? 0
  if (percentiles.length === 0) return section('curves', 'Completion by percentile', 'No latency was measured.', '')
  const limits = sharedLimits(comparison)
  const colours = [1, 2, 3, 4] as const
  const drawing = chart({
    id: 'percentiles',
    title: 'Completion latency by percentile, the slowest repeat of each',
    summary: `Percentile curves of completion latency of ${formatPlural(shown.length, 'candidate')}; the SLA is ${formatMs(slaMs)}.`,
    x: 'percentile',
    xLabel: 'percentile',
    xs: percentiles.map(percentilePosition),
    unit: 'ms',
    scale: 'log',
    series: shown.map(({ name, curve }, index) => ({
      label: name,
      colour: colours[index] ?? 4,
      dashed: index % 2 === 1,
      values: percentiles.map(percentile => (curve.has(percentile) ? Math.max(curve.get(percentile) ?? 0, 0.001) : null)),
    })),
    marks: [{ label: `SLA ${formatMs(slaMs)}`, value: slaMs }],
    numbers: table<number>(
      'Completion latency by percentile, in ms',
      [
        { heading: 'Percentile', numeric: true, cell: percentile => String(percentile) },
        ...shown.map(({ name, curve }) => ({
          heading: name,
          numeric: true,
          cell: (percentile: number) => (curve.has(percentile) ? msDigits(curve.get(percentile) ?? 0, limits) : '–'),
        })),
      ],
      percentiles,
    ),
  })
  const rest = comparison.groups.length - shown.length
  const lead = rest > 0 ? `Drawn are the first ${MAX_CURVES} candidates.` : ''
  return section('curves', 'Completion by percentile', lead, drawing)
}

/** The highest of the repeats at each percentile: no repeat's bad moment is averaged away. */
function highestCurve(runs: readonly RunRecord[]): Map<number, number> {
  const curve = new Map<number, number>()
  for (const run of runs)
    for (const [percentile, ms] of run.curves.completion) curve.set(percentile, Math.max(curve.get(percentile) ?? 0, ms))
  return curve
}

function runsPart(comparison: Comparison): Html {
  const rows = comparison.groups.flatMap(group => group.runs.map(run => ({ group, run })))
  const runs = table<{ group: RunGroup; run: RunRecord }>(
    'Every run',
    [
      { heading: 'Candidate', cell: ({ group }) => truncated(plainLine(group.name), 60) },
      { heading: 'Run', numeric: true, cell: ({ run }) => String(run.repetition) },
      { heading: 'Verdict', cell: ({ run }) => outcomeLabel(run.summary.verdict) },
      { heading: 'Status', cell: ({ run }) => run.status },
      { heading: 'Started', cell: ({ run }) => run.startedAt.slice(0, 19).replace('T', ' ') },
      {
        heading: 'p99 completion',
        numeric: true,
        cell: ({ run }) => (run.summary.completionMs.count === 0 ? '–' : formatMs(run.summary.completionMs.p99, limitsMs(run))),
      },
      { heading: 'First reason', cell: ({ run }) => truncated(plainLine(run.summary.reasons[0] ?? ''), 200) },
    ],
    rows.slice(0, MAX_RUN_ROWS),
  )
  const lead = rows.length > MAX_RUN_ROWS ? `The first ${MAX_RUN_ROWS} of ${rows.length} runs.` : ''
  return section('runs', 'Every run', lead, runs)
}

function sharedLimits(comparison: Comparison): number[] {
  return [...new Set(comparison.groups.flatMap(group => group.runs.flatMap(limitsMs)))]
}
