import { compareGroups, type ComparedMetric, type Comparison, type RunGroup } from './comparison/comparison.ts'
import { differenceText, metricValue, spreadText } from './comparison/comparison-words.ts'
import { limitsMs } from './run/run-limits.ts'
import { plainLine } from './text/terminal-escapes.ts'
import { terminalStyle, type TerminalOptions, type TerminalStyle } from './text/terminal-style.ts'
import { terminalTable } from './text/terminal-table.ts'
import { truncated } from './text/truncated.ts'
import { wrapped } from './text/wrapped.ts'

/** Groups of runs side by side for a terminal: a block a candidate, each against the first. Throws `NotComparableError`. */
export function renderComparisonText(groups: readonly RunGroup[], options: TerminalOptions): string {
  const comparison = compareGroups(groups)
  const style = terminalStyle(options)
  const scenario = groups[0]?.runs[0]
  const title = `${plainLine(scenario?.scenario.name ?? '')}, seed ${scenario?.seed ?? 0}: each candidate against the first`
  const lines = [
    ...wrapped(truncated(title, 200), style.width).map(line => style.paint(line, 'bold')),
    ...comparison.cautions.flatMap(caution => wrapped(`! ${plainLine(caution)}`, style.width)).map(line => style.paint(line, 'yellow')),
    ...comparison.groups.flatMap((group, index) => ['', ...groupLines(comparison, group, index, style)]),
  ]
  return `${lines.join('\n')}\n`
}

function groupLines(comparison: Comparison, group: RunGroup, index: number, style: TerminalStyle): string[] {
  const verdicts = group.runs.map(run => style.outcome(run.summary.verdict))
  const name = truncated(plainLine(group.name), style.width - 20)
  const rows = terminalTable(comparison.metrics.map(compared => metricRow(comparison, compared, index)))
  return [style.paint(name, 'bold'), ...tallied(verdicts), ...rows.map(row => `  ${row}`)]
}

/** `✓ PASS × 4, ✕ FAIL × 1`. */
function tallied(verdicts: readonly string[]): string[] {
  const counts = new Map<string, number>()
  for (const verdict of verdicts) counts.set(verdict, (counts.get(verdict) ?? 0) + 1)
  return [[...counts].map(([verdict, count]) => `${verdict} × ${count}`).join(', ')]
}

function metricRow(comparison: Comparison, { metric, spreads, differences }: ComparedMetric, index: number): string[] {
  const spread = spreads[index] ?? null
  const difference = differences[index]
  const limits = comparison.groups[0]?.runs[0] === undefined ? [] : limitsMs(comparison.groups[0].runs[0])
  if (spread === null) return [metric.name, '–', '', '']
  const words = difference === undefined ? '' : differenceText(difference)
  return [metric.name, metricValue(spread.median, metric, limits), spreadText(spread, metric, limits), words]
}
