/** A capacity search as one HTML page: the answer, the curve of latency over load, and every step. */
import type { CapacityRecord, CapacityStep } from '../harness/record/capacity-record.ts'
import { capacitySentence, loadUnit, ranOutSentence } from './capacity-words.ts'
import { chart } from './page/chart.ts'
import { html, type Html } from './page/html.ts'
import { facts, renderPage, section } from './page/page.ts'
import { type Column, table } from './page/table.ts'
import { outcomeLabel } from './page/verdict-mark.ts'
import { containmentFact, outputPart } from './run/origin-part.ts'
import { formatBytes, formatCount, formatMs, formatShare } from './text/number-format.ts'
import { plainLine } from './text/terminal-escapes.ts'
import { truncated } from './text/truncated.ts'

export function renderCapacityReport(record: CapacityRecord): string {
  const name = truncated(plainLine(record.candidate), 80)
  const scenario = truncated(plainLine(record.scenario), 80)
  return renderPage({
    title: `How much ${name} handles under ${scenario} · Assay`,
    icon: { sign: '⌃', colour: '#0b5f8f' },
    charts: true,
    body: html`<header class="masthead">
        <h1>${capacitySentence(record)}</h1>
        <p>${ranOutSentence(record)}</p>
      </header>
      ${record.statusText !== '' && html`<p class="notice" role="note">${truncated(plainLine(record.statusText), 500)}</p>`}
      ${curvePart(record)} ${stepsPart(record)} ${record.output !== undefined && outputPart({ output: record.output })}
      <footer class="page-foot">Made by Assay from the saved search alone. Nothing on this page was loaded from anywhere.</footer>`,
  })
}

function curvePart(record: CapacityRecord): Html {
  const steps = byLoad(record.steps.filter(({ completionP99Ms }) => completionP99Ms > 0))
  const unit = loadUnit(record)
  const lead = `From the moment a message was due until its last receiver had read it, at each load that was tried; one point a step.`
  return section(
    'curve',
    'Latency over load',
    lead,
    chart({
      id: 'latency-over-load',
      title: `Completion over ${unit}`,
      summary: capacitySentence(record),
      x: 'number',
      xLabel: unit,
      xs: steps.map(({ load }) => load),
      unit: 'ms',
      scale: 'log',
      series: [
        { label: 'p99', values: steps.map(({ completionP99Ms }) => completionP99Ms), colour: 1 },
        { label: 'p50', values: steps.map(({ completionP50Ms }) => completionP50Ms), colour: 2, dashed: true },
      ],
      marks: [{ label: 'SLA', value: record.slaMs }],
      numbers: stepTable(record, steps),
    }),
  )
}

function stepsPart(record: CapacityRecord): Html {
  const about = facts([
    ['Scenario', truncated(plainLine(record.scenario), 80)],
    ['Seed', record.seed],
    [
      'A step',
      `${record.warmUpSeconds} s of warm-up at half the load (twice as long for a server that has just started), ${record.holdSeconds} s of load, then quiet`,
    ],
    ['Cores', record.cores],
    ...containmentFact(record.containment),
  ])
  return section('steps', 'Steps', 'In the order in which they were played.', html`${about} ${stepTable(record, record.steps)}`)
}

function stepTable(record: CapacityRecord, steps: readonly CapacityStep[]): Html {
  const numeric = (heading: string, cell: (step: CapacityStep) => string): Column<CapacityStep> => ({ heading, numeric: true, cell })
  return table<CapacityStep>(
    'Steps of the search',
    [
      numeric(loadUnit(record), ({ load }) => formatCount(load)),
      { heading: 'Outcome', cell: ({ outcome }) => outcomeLabel(outcome) },
      numeric('Deliveries a second', ({ deliveriesPerSecond }) => formatCount(Math.round(deliveriesPerSecond))),
      numeric('p50', ({ completionP50Ms }) => formatMs(completionP50Ms)),
      numeric('p99', ({ completionP99Ms }) => formatMs(completionP99Ms, [record.slaMs])),
      numeric('Server CPU', ({ serverCpu }) => (serverCpu === null ? '' : formatShare(serverCpu))),
      numeric('Assay CPU', ({ generatorCpu }) => (generatorCpu === null ? '' : formatShare(generatorCpu))),
      numeric('Memory', ({ rssBytes }) => (rssBytes === null ? '' : formatBytes(rssBytes))),
      { heading: 'Why', cell: ({ outcome, reason }) => (outcome === 'pass' ? '' : truncated(plainLine(reason), 200)) },
    ],
    steps,
  )
}

function byLoad(steps: readonly CapacityStep[]): CapacityStep[] {
  return [...steps].sort((a, b) => a.load - b.load)
}
