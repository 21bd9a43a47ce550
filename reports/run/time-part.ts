import type { RunRecord, TimelineRow } from '../../harness/record/run-record.ts'
import { chart, type ChartSpan } from '../page/chart.ts'
import { highest, inRuns } from '../page/downsample.ts'
import { heatMap, type HeatColumn } from '../page/heat-map.ts'
import { html, type Html } from '../page/html.ts'
import { section } from '../page/page.ts'
import { behind, table } from '../page/table.ts'
import { formatCount, formatDuration, formatMs, msDigits } from '../text/number-format.ts'
import { plainLine } from '../text/terminal-escapes.ts'
import { truncated } from '../text/truncated.ts'
import { limitsMs } from './run-limits.ts'
import { capitalized, runWords } from './run-words.ts'

const MAX_HEAT_COLUMNS = 180
const MAX_TABLE_ROWS = 60
const MAX_SPANS = 40

/** Latency and deliveries over the run's time. */
export function timePart(record: RunRecord): Html {
  const { rows } = record.timeline
  if (rows.length === 0) return section('time', 'Over time', 'No interval was measured.', '')
  const lead = `Intervals of ${formatDuration(record.timeline.intervalMs)}; a ${runWords(record).message[0]} counts in the interval in which it was due.`
  return section(
    'time',
    'Over time',
    lead,
    html`${latencyMap(record)}
      <div class="pair">${deliveriesChart(record)} ${messagesChart(record)}</div>
      ${stalls(record)}`,
  )
}

/** The phases as named stretches of a time axis, in seconds. */
export function phaseSpans(record: RunRecord): ChartSpan[] {
  return record.phases.slice(0, MAX_SPANS).map(phase => ({
    label: truncated(plainLine(phase.name), 30),
    from: phase.startMs / 1000,
    to: phase.endMs / 1000,
    shaded: !phase.measured,
  }))
}

function latencyMap(record: RunRecord): Html {
  const { rows, intervalMs, bucketEdgesMs } = record.timeline
  const runs = inRuns(rows, MAX_HEAT_COLUMNS)
  const fromMs = rows[0]?.atMs ?? 0
  return heatMap({
    title: record.kv === undefined ? 'Delivery latency over time' : 'Request latency over time',
    summary: `Heat map of delivery latency. The highest was ${formatMs(highest(rows.map(row => row.max)), limitsMs(record))}, the SLA is ${formatMs(record.slaMs)}.`,
    edges: bucketEdgesMs,
    columns: runs.map(mergedColumn),
    fromSeconds: fromMs / 1000,
    toSeconds: ((rows.at(-1)?.atMs ?? 0) + intervalMs) / 1000,
    limitMs: record.slaMs,
    spans: phaseSpans(record).map(span => ({ ...span, from: Math.max(span.from, fromMs / 1000) })),
    numbers: behind('The numbers behind this map', latencyTable(record)),
  })
}

/** Neighbouring intervals as one: counts are added up, percentiles and maxima keep the highest. */
function mergedColumn(rows: readonly TimelineRow[]): HeatColumn {
  const counts = new Map<number, number>()
  for (const row of rows) for (const [bucket, count] of row.heat) counts.set(bucket, (counts.get(bucket) ?? 0) + count)
  return {
    counts: [...counts],
    p50: highest(rows.map(row => row.p50)),
    p99: highest(rows.map(row => row.p99)),
    max: highest(rows.map(row => row.max)),
  }
}

function latencyTable(record: RunRecord): Html {
  const limits = limitsMs(record)
  const top = (pick: (row: TimelineRow) => number) => (rows: readonly TimelineRow[]) => msDigits(highest(rows.map(pick)), limits)
  return table<readonly TimelineRow[]>(
    'Delivery and completion latency over time; where intervals are joined, the highest of each',
    [
      { heading: 'From, s', numeric: true, cell: startSecond },
      { heading: 'p50, ms', numeric: true, cell: top(row => row.p50) },
      { heading: 'p99, ms', numeric: true, cell: top(row => row.p99) },
      { heading: 'max, ms', numeric: true, cell: top(row => row.max) },
      { heading: 'Completion p99, ms', numeric: true, cell: top(row => row.completionP99) },
      { heading: 'Completion max, ms', numeric: true, cell: top(row => row.completionMax) },
    ],
    inRuns(record.timeline.rows, MAX_TABLE_ROWS),
  )
}

function deliveriesChart(record: RunRecord): Html {
  const { rows } = record.timeline
  return chart({
    id: 'deliveries',
    title: `${capitalized(runWords(record).deliveries)} a second`,
    summary: `${capitalized(runWords(record).deliveries)} a second; the highest is ${formatCount(perSecond(highest(rows.map(row => row.deliveries)), record))}.`,
    x: 'seconds',
    xLabel: 'time',
    xs: rows.map(row => row.atMs / 1000),
    unit: 'count',
    scale: 'linear',
    small: true,
    series: [
      { label: `${runWords(record).deliveries}/s`, colour: 1, filled: true, values: rows.map(row => perSecond(row.deliveries, record)) },
    ],
    spans: phaseSpans(record),
    numbers: countsTable(record),
  })
}

function messagesChart(record: RunRecord): Html {
  const { rows } = record.timeline
  return chart({
    id: 'messages',
    title: `${capitalized(runWords(record).message[1])} a second`,
    summary: `Messages sent a second, and those that the server shed; the highest is ${formatCount(perSecond(highest(rows.map(row => row.sent)), record))}.`,
    x: 'seconds',
    xLabel: 'time',
    xs: rows.map(row => row.atMs / 1000),
    unit: 'count',
    scale: 'linear',
    small: true,
    series: [
      { label: 'sent/s', colour: 3, filled: true, values: rows.map(row => perSecond(row.sent, record)) },
      { label: 'shed/s', colour: 2, dashed: true, values: rows.map(row => perSecond(row.shed, record)) },
    ],
    spans: phaseSpans(record),
    numbers: countsTable(record),
  })
}

function countsTable(record: RunRecord): Html {
  const sum = (pick: (row: TimelineRow) => number) => (rows: readonly TimelineRow[]) =>
    formatCount(rows.reduce((total, row) => total + pick(row), 0))
  return table<readonly TimelineRow[]>(
    'Messages and deliveries over time; where intervals are joined, their sum',
    [
      { heading: 'From, s', numeric: true, cell: startSecond },
      { heading: 'Sent', numeric: true, cell: sum(row => row.sent) },
      { heading: 'Deliveries', numeric: true, cell: sum(row => row.deliveries) },
      { heading: 'Shed', numeric: true, cell: sum(row => row.shed) },
    ],
    inRuns(record.timeline.rows, MAX_TABLE_ROWS),
  )
}

function stalls({ summary }: RunRecord): Html | null {
  if (summary.stalls.length === 0) return null
  return html`<h3>Stalls</h3>
    <p class="lead">Messages were under way, and no user read anything.</p>
    ${table(
      'Stalls',
      [
        { heading: 'At', numeric: true, cell: stall => `${(stall.atMs / 1000).toFixed(3)} s` },
        { heading: 'Lasted', numeric: true, cell: stall => `${formatMs(stall.durationMs)}${stall.recovered ? '' : ', to the end'}` },
        { heading: 'Messages waiting', numeric: true, cell: stall => formatCount(stall.waitingMessages) },
      ],
      summary.stalls,
    )}`
}

function startSecond(rows: readonly TimelineRow[]): string {
  return String((rows[0]?.atMs ?? 0) / 1000)
}

function perSecond(count: number, { timeline }: RunRecord): number {
  return timeline.intervalMs > 0 ? (count * 1000) / timeline.intervalMs : 0
}
