/** A capacity search for the terminal: the answer first, then the steps. */
import type { CapacityRecord } from '../harness/record/capacity-record.ts'
import { capacitySentence, loadUnit, ranOutSentence } from './capacity-words.ts'
import { formatCount, formatMs } from './text/number-format.ts'
import { plainLine } from './text/terminal-escapes.ts'
import { type TerminalOptions, terminalStyle } from './text/terminal-style.ts'
import { terminalTable } from './text/terminal-table.ts'

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
      percent(step.generatorCpu),
      style.outcome(step.outcome),
    ])
  const lines = [
    style.paint(capacitySentence(record), 'bold'),
    ...(record.statusText === '' ? [] : [plainLine(record.statusText)]),
    ranOutSentence(record),
    '',
    ...terminalTable([heading, ...rows]),
    '',
    style.paint(
      `seed ${record.seed}; ${record.warmUpSeconds} s of warm-up and ${record.holdSeconds} s of load a step; CPU as a share of one core`,
      'dim',
    ),
  ]
  return lines.join('\n')
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`
}
