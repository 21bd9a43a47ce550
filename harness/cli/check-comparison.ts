/** Several candidates of one `assay check` beside each other: a text, and a page in a folder of its own that names whom it shows. */
import { join } from 'node:path'
import type { Rubric } from '../judge/rubric.ts'
import { type ComparedCandidate, renderScorecardComparison, renderScorecardComparisonText } from '../../reports/scorecard-comparison.ts'
import type { CheckFlags } from './check-flags.ts'
import { saveComparedTargets } from './compared-targets.ts'
import { createOutFolder } from './out-folder.ts'
import { saveFile } from './run-files.ts'
import { terminalOptions } from './terminal-options.ts'

export interface SavedComparison {
  readonly text: string
  /** Where the page is. */
  readonly page: string
}

/** Saves the page in `<out>-comparison`, or in a folder named after the time. */
export function saveComparison(compared: readonly ComparedCandidate[], rubric: Rubric, flags: CheckFlags): SavedComparison {
  const options = { rubric, anonymous: flags.anonymous === true, audience: flags.for }
  const out = flags.out === undefined ? undefined : `${flags.out}-comparison`
  const folder = createOutFolder(out, new Date(), ['check', 'comparison'], undefined)
  const page = join(folder, 'comparison.html')
  saveComparedTargets(
    folder,
    compared.map(({ record }) => record.target),
  )
  saveFile(page, renderScorecardComparison(compared, options))
  return { text: renderScorecardComparisonText(compared, { ...options, ...terminalOptions(process.stdout) }), page }
}
