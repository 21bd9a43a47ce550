import type { RunRecord } from '../../harness/record/run-record.ts'
import { html, type Html } from '../page/html.ts'
import { section } from '../page/page.ts'
import { table } from '../page/table.ts'
import { outcomeLabel } from '../page/verdict-mark.ts'
import { plainLine } from '../text/terminal-escapes.ts'
import { truncated } from '../text/truncated.ts'
import { thresholdValue, thresholdWords } from './threshold-value.ts'

/** Each threshold with what was measured against it. */
export function thresholdPart({ thresholds }: RunRecord): Html {
  if (thresholds.length === 0) return section('thresholds', 'Thresholds', 'No threshold was judged.', '')
  const rows = table(
    'Thresholds',
    [
      { heading: 'Threshold', cell: result => thresholdWords(truncated(plainLine(result.name), 60)) },
      { heading: 'Outcome', cell: result => outcomeLabel(result.outcome) },
      { heading: 'Measured', numeric: true, cell: result => thresholdValue(result.name, result.actual, result.limit) },
      { heading: 'Limit', numeric: true, cell: result => thresholdValue(result.name, result.limit, result.actual ?? result.limit) },
      { heading: 'In words', cell: result => truncated(plainLine(result.explanation), 400) },
    ],
    thresholds,
  )
  return section('thresholds', 'Thresholds', 'What this scenario asks for, and what came.', html`${rows}`)
}
