/** `assay compare`: runs side by side, in the terminal and as one page. */
import { join } from 'node:path'
import type { Command } from 'commander'
import { MisuseError } from '../candidate/fault.ts'
import type { RunRecord } from '../record/run-record.ts'
import { groupRuns, NotComparableError, type RunGroup } from '../../reports/comparison/comparison.ts'
import { renderComparison } from '../../reports/comparison-report.ts'
import { renderComparisonText } from '../../reports/comparison-text.ts'
import { saveComparedTargets } from './compared-targets.ts'
import { openInBrowser } from './open-in-browser.ts'
import { createOutFolder } from './out-folder.ts'
import { readRun, saveFile } from './run-files.ts'
import { shownPath } from './shown-path.ts'
import { terminalOptions } from './terminal-options.ts'

export function addCompareCommand(program: Command): void {
  program
    .command('compare')
    .summary('put runs side by side')
    .description(
      'Puts runs of one plan (the same scenario and seed) side by side. Runs of one candidate form its spread; a difference inside it is no ' +
        'difference. Runs of different plans are not ranked.',
    )
    .argument('<run...>', "runs' folders or their run.json files; the first names what the others are held against")
    .option('--out <file>', 'where to write the page (default: reports/out/<time>-compare/comparison.html)')
    .option('--open', 'opens it in a browser')
    .addHelpText(
      'after',
      `
Examples:
  assay run steady --seed 7 --repeat 3 --out reports/out/mine --target ./my-server
  assay run steady --seed 7 --repeat 3 --out reports/out/reference
  assay compare reports/out/reference-* reports/out/mine-*`,
    )
    .action((paths: readonly string[], flags: { readonly out?: string; readonly open?: true }) => {
      const records = paths.map(readRun)
      const { text, page } = draw(groupRuns(records))
      const file = flags.out ?? join(folderFor(records), 'comparison.html')
      process.stdout.write(text)
      saveFile(file, page)
      process.stdout.write(`Page     ${shownPath(file)}\n`)
      if (flags.open === true) openInBrowser(file)
    })
}

/** @throws MisuseError for runs that cannot be put side by side. */
function draw(groups: readonly RunGroup[]): { readonly text: string; readonly page: string } {
  try {
    return { text: renderComparisonText(groups, terminalOptions(process.stdout)), page: renderComparison(groups) }
  } catch (error) {
    if (error instanceof NotComparableError) throw new MisuseError(error.message)
    throw error
  }
}

/** Of a page that has no name: its folder says whom it shows. */
function folderFor(records: readonly RunRecord[]): string {
  const folder = createOutFolder(undefined, new Date(), ['compare'], undefined)
  saveComparedTargets(
    folder,
    records.map(({ candidate }) => candidate.target),
  )
  return folder
}
