import type { CheckRecord, Outcome } from '../harness/record/check-record.ts'
import { outcomeLook } from './page/verdict-mark.ts'
import { plainLine } from './text/terminal-escapes.ts'
import { terminalStyle, type TerminalOptions } from './text/terminal-style.ts'
import { truncated } from './text/truncated.ts'

const COLUMN = 5
const ORDER: readonly Outcome[] = ['fail', 'inconclusive', 'pass', 'not attempted']

/** Candidates side by side, a line a check. They are never added up to one number: which lines matter is for a person to say. */
export function renderCheckComparison(records: readonly CheckRecord[], options: TerminalOptions): string {
  const style = terminalStyle(options)
  const names = records.map(
    (record, index) => `  ${String.fromCodePoint(0x41 + (index % 26))}  ${truncated(plainLine(record.candidate), 80)}`,
  )
  const ids = [...new Set(records.flatMap(record => record.checks.map(({ id }) => id)))]
  const tables = records.map(record => outcomesOf(record))
  const shown = ids.filter(id => tables.some(table => (table.get(id) ?? 'not attempted') !== 'not attempted'))
  const width = Math.max(5, ...shown.map(id => id.length))
  const head = ''.padEnd(width) + records.map((_, index) => String.fromCodePoint(0x41 + (index % 26)).padStart(COLUMN)).join('')
  const rows = shown.map(id => {
    const signs = tables.map(table => outcomeLook(table.get(id) ?? 'not attempted').sign)
    const differs = new Set(signs).size > 1
    const line = id.padEnd(width) + signs.map(sign => sign.padStart(COLUMN)).join('')
    return differs ? style.paint(line, 'bold') : line
  })
  const legend = ORDER.map(outcome => `${outcomeLook(outcome).sign} ${outcomeLook(outcome).word.toLowerCase()}`).join('   ')
  return ['Side by side', ...names, '', style.paint(head, 'dim'), ...rows, '', style.paint(legend, 'dim'), ''].join('\n')
}

function outcomesOf(record: CheckRecord): Map<string, Outcome> {
  const outcomes = new Map<string, Outcome>()
  for (const { id, outcome } of record.checks) {
    const before = outcomes.get(id)
    if (before === undefined || ORDER.indexOf(outcome) < ORDER.indexOf(before)) outcomes.set(id, outcome)
  }
  return outcomes
}
