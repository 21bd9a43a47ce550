/** A capacity search for the terminal: the answer first, then the steps. */
import type { CapacityRecord } from '../harness/record/capacity-record.ts'
import { capacitySentence, loadUnit, ranOutSentence } from './capacity-words.ts'
import { formatCount, formatMs } from './text/number-format.ts'
import { outputLines } from './text/output-lines.ts'
import { plainLine } from './text/terminal-escapes.ts'
import { type TerminalOptions, terminalStyle } from './text/terminal-style.ts'
import { terminalTable } from './text/terminal-table.ts'

const MIN_CURVE = 20
const MAX_CURVE = 60

export function renderCapacityText(record: CapacityRecord, options: TerminalOptions): string {
  const style = terminalStyle(options)
  const heading = [loadUnit(record), 'deliveries/s', 'p50', 'p99', 'server', 'Assay', 'outcome']
  const rows = [...record.steps]
    .sort((a, b) => a.load - b.load)
    .map(step => [
      formatCount(step.load),
      formatCount(Math.round(step.deliveriesPerSecond)),
      formatMs(step.completionP50Ms),
      formatMs(step.completionP99Ms),
      step.serverCpu === null ? '' : percent(step.serverCpu),
      step.generatorCpu === null ? '' : percent(step.generatorCpu),
      style.outcome(step.outcome),
    ])
  const lines = [
    style.paint(capacitySentence(record), 'bold'),
    ...(record.statusText === '' ? [] : [plainLine(record.statusText)]),
    ranOutSentence(record),
    ...outputLines(record.output ?? '', 'in capacity.json', style),
    '',
    ...terminalTable([heading, ...rows]),
    '',
    ...curveLines(record, style.width),
    '',
    style.paint(
      `seed ${record.seed}; ${record.warmUpSeconds} s of warm-up at half the load and ${record.holdSeconds} s of load a step; CPU as a share of one core`,
      'dim',
    ),
  ]
  return lines.join('\n')
}

/** p99 completion over load, a line a load, on a scale of powers of ten; `┊` is the SLA. Of a load that was tried several times, the median. */
function curveLines(record: CapacityRecord, width: number): string[] {
  const loads = [...new Set(record.steps.map(({ load }) => load))].sort((a, b) => a - b)
  const points = loads.flatMap(load => {
    const tried = record.steps.filter(step => step.load === load && step.completionP99Ms > 0).map(({ completionP99Ms }) => completionP99Ms)
    const middle = tried.sort((a, b) => a - b)[Math.floor(tried.length / 2)]
    return middle === undefined ? [] : [{ load, p99Ms: middle }]
  })
  if (points.length === 0) return []
  const most = Math.max(record.slaMs, ...points.map(({ p99Ms }) => p99Ms))
  const columns = Math.max(MIN_CURVE, Math.min(MAX_CURVE, width - 30))
  const place = (ms: number): number => Math.max(1, Math.round((Math.log10(1 + ms) / Math.log10(1 + most)) * columns))
  const sla = place(record.slaMs) - 1
  const labels = points.map(({ load }) => formatCount(load))
  const label = Math.max(...labels.map(text => text.length))
  const lines = points.map(({ p99Ms }, at) => {
    const bar = '█'.repeat(place(p99Ms)).padEnd(columns)
    const marked = bar[sla] === '█' ? bar : `${bar.slice(0, sla)}┊${bar.slice(sla + 1)}`
    return `${(labels[at] ?? '').padStart(label)}  ${marked}  ${formatMs(p99Ms)}`
  })
  return [`p99 completion over ${loadUnit(record)} (powers of ten; ┊ is the SLA of ${formatMs(record.slaMs)})`, ...lines]
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`
}
