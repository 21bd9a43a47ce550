/** A bug of Assay's that showed during an examination: said plainly at the end, and told apart from what the candidate did. */
import type { CheckRecord } from '../record/check-record.ts'
import { quoteForShell } from '../../reports/text/quote-for-shell.ts'
import { plainLine, plainText } from '../../reports/text/terminal-escapes.ts'

/** More of the same would hide the first. */
const SHOWN_STACKS = 1

/** What to say of the checks in which Assay itself failed; `null` where it did not. Their verdicts stay as they are. */
export function assayFaultText(records: readonly CheckRecord[]): string | null {
  const faults = records.flatMap(record =>
    record.checks.flatMap(({ id, outcome, assayFault }) => (assayFault === undefined ? [] : [{ record, id, outcome, assayFault }])),
  )
  const [first] = faults
  if (first === undefined) return null
  const where = faults.map(({ record, id, outcome }) => `${id} of ${plainLine(record.candidate)} (${outcome})`)
  return [
    `Assay itself failed in ${faults.length === 1 ? 'one check' : `${faults.length} checks`}: ${where.join(', ')}.`,
    'This is a bug of Assay, not of the server; the other verdicts hold. Please report it, with this and with check.json:',
    ...faults.slice(0, SHOWN_STACKS).map(({ assayFault }) => plainText(assayFault)),
    `To see it again: assay check ${first.record.target === '' ? '<the same>' : quoteForShell(plainLine(first.record.target))} --only ${first.id} --seed ${first.record.seed}`,
  ].join('\n')
}
