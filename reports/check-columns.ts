import type { CheckRecord, Outcome } from '../harness/record/check-record.ts'
import { outcomesById } from '../harness/judge/rubric-judgement.ts'
import { outcomeLook } from './page/verdict-mark.ts'
import type { TerminalStyle } from './text/terminal-style.ts'

const COLUMN = 5
const LEGEND: readonly Outcome[] = ['fail', 'inconclusive', 'pass', 'not attempted']

/** A, B, C … for the columns of a table of candidates. `index` from 0. */
export function columnLetter(index: number): string {
  return String.fromCodePoint(0x41 + (index % 26))
}

/** A line a check that any of them was put through, a column a candidate; where they differ it stands out. */
export function checkColumns(records: readonly CheckRecord[], style: TerminalStyle): string[] {
  const outcomes = records.map(({ checks }) => outcomesById(checks))
  const ids = [...new Set(records.flatMap(({ checks }) => checks.map(({ id }) => id)))]
  const shown = ids.filter(id => outcomes.some(one => (one.get(id) ?? 'not attempted') !== 'not attempted'))
  const width = Math.max(5, ...shown.map(id => id.length))
  const head = ''.padEnd(width) + records.map((_, index) => columnLetter(index).padStart(COLUMN)).join('')
  const rows = shown.map(id => {
    const signs = outcomes.map(one => outcomeLook(one.get(id) ?? 'not attempted').sign)
    const line = id.padEnd(width) + signs.map(sign => sign.padStart(COLUMN)).join('')
    return new Set(signs).size > 1 ? style.paint(line, 'bold') : line
  })
  const legend = LEGEND.map(outcome => `${outcomeLook(outcome).sign} ${outcomeLook(outcome).word.toLowerCase()}`).join('   ')
  return [style.paint(head, 'dim'), ...rows, '', style.paint(legend, 'dim')]
}
