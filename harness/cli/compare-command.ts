/** `assay compare`: runs side by side, in the terminal and as one page. */
import { join } from 'node:path'
import type { Command } from 'commander'
import { MisuseError } from '../candidate/fault.ts'
import { groupRuns, NotComparableError } from '../../reports/comparison/comparison.ts'
import { renderComparison } from '../../reports/comparison-report.ts'
import { renderComparisonText } from '../../reports/comparison-text.ts'
import { openInBrowser } from './open-in-browser.ts'
import { readRun, saveFile } from './run-files.ts'
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
    .option('--out <file>', 'where to write the page (default: reports/out/compare-<time>.html)')
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
      const groups = groupRuns(paths.map(readRun))
      const out =
        flags.out ?? join('reports', 'out', `compare-${new Date().toISOString().slice(0, 19).replaceAll(':', '').replace('T', '-')}.html`)
      try {
        process.stdout.write(renderComparisonText(groups, terminalOptions(process.stdout)))
        saveFile(out, renderComparison(groups))
      } catch (error) {
        if (error instanceof NotComparableError) throw new MisuseError(error.message)
        throw error
      }
      process.stdout.write(`Page     ${out}\n`)
      if (flags.open === true) openInBrowser(out)
    })
}
