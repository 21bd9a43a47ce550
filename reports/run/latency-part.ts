import type { Percentiles, RunRecord } from '../../harness/record/run-record.ts'
import { chart, percentilePosition } from '../page/chart.ts'
import { html, type Html, type HtmlValue } from '../page/html.ts'
import { section } from '../page/page.ts'
import { table } from '../page/table.ts'
import { formatCount, formatMs, msDigits } from '../text/number-format.ts'
import { limitsMs } from './run-limits.ts'
import { capitalized, runWords } from './run-words.ts'

interface LatencyRow {
  readonly name: string
  readonly percentiles: Percentiles
}

/** Completion and delivery latency, as figures and as a curve. */
export function latencyPart(record: RunRecord): Html {
  const curves = record.curves.completion.length + record.curves.delivery.length > 0
  return section('latency', 'Latency', runWords(record).latencyLead, html`${latencyTable(record)} ${curves && curveChart(record)}`)
}

/** The table that matters: p50 to max of completion and delivery. */
function latencyTable(record: RunRecord): Html {
  const limits = limitsMs(record)
  const cell =
    (pick: (percentiles: Percentiles) => number) =>
    (row: LatencyRow): HtmlValue => {
      if (row.percentiles.count === 0) return '–'
      const value = pick(row.percentiles)
      return value > record.slaMs ? html`<span class="over">${msDigits(value, limits)}</span>` : msDigits(value, limits)
    }
  return table<LatencyRow>(
    'Latency in milliseconds',
    [
      { heading: 'Latency, ms', cell: row => row.name },
      { heading: 'p50', numeric: true, cell: cell(percentiles => percentiles.p50) },
      { heading: 'p90', numeric: true, cell: cell(percentiles => percentiles.p90) },
      { heading: 'p99', numeric: true, cell: cell(percentiles => percentiles.p99) },
      { heading: 'p99.9', numeric: true, cell: cell(percentiles => percentiles.p999) },
      { heading: 'max', numeric: true, cell: cell(percentiles => percentiles.max) },
      { heading: 'Samples', numeric: true, cell: row => formatCount(row.percentiles.count) },
    ],
    [
      { name: runWords(record).completionIs, percentiles: record.summary.completionMs },
      { name: runWords(record).deliveryIs, percentiles: record.summary.deliveryMs },
    ],
  )
}

function curveChart(record: RunRecord): Html {
  const completion = new Map(record.curves.completion)
  const delivery = new Map(record.curves.delivery)
  const percentiles = [...new Set([...completion.keys(), ...delivery.keys()])].sort((a, b) => a - b)
  const limits = limitsMs(record)
  const words = runWords(record)
  const valueAt = (curve: Map<number, number>, percentile: number) => curve.get(percentile) ?? null
  const digits = (value: number | null) => (value === null ? '–' : msDigits(value, limits))
  return chart({
    id: 'percentiles',
    title: 'Latency by percentile',
    summary: `Percentile curves of ${words.completion} and ${words.delivery} latency. p99 ${words.completion} is ${formatMs(record.summary.completionMs.p99, limits)}, the SLA ${formatMs(record.slaMs)}.`,
    x: 'percentile',
    xLabel: 'percentile',
    xs: percentiles.map(percentilePosition),
    unit: 'ms',
    scale: 'log',
    series: [
      { label: words.completion, colour: 1, values: percentiles.map(percentile => aboveZero(valueAt(completion, percentile))) },
      { label: words.delivery, colour: 2, dashed: true, values: percentiles.map(percentile => aboveZero(valueAt(delivery, percentile))) },
    ],
    marks: [{ label: `SLA ${formatMs(record.slaMs)}`, value: record.slaMs }],
    numbers: table(
      'Latency by percentile',
      [
        { heading: 'Percentile', numeric: true, cell: percentile => String(percentile) },
        { heading: `${capitalized(words.completion)}, ms`, numeric: true, cell: percentile => digits(valueAt(completion, percentile)) },
        { heading: `${capitalized(words.delivery)}, ms`, numeric: true, cell: percentile => digits(valueAt(delivery, percentile)) },
      ],
      percentiles,
    ),
  })
}

/** A log axis has no zero. A microsecond is below what is measured. */
function aboveZero(value: number | null): number | null {
  return value === null ? null : Math.max(value, 0.001)
}
