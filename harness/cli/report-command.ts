/** `assay report`: draws the page of a saved run again. */
import { dirname, join } from 'node:path'
import type { Command } from 'commander'
import { renderRunReport } from '../../reports/run-report.ts'
import { openInBrowser } from './open-in-browser.ts'
import { readRun, saveFile } from './run-files.ts'

export function addReportCommand(program: Command): void {
  program
    .command('report')
    .summary('draw the report of a saved run again')
    .argument('<run>', "a run's folder or its run.json")
    .option('--out <file>', 'where to write the page (default: report.html beside run.json)')
    .option('--open', 'opens it in a browser')
    .addHelpText(
      'after',
      '\nExamples:\n  assay report reports/out/2026-01-01-120000-default-reference-chat-server\n  assay report run.json --out /tmp/report.html',
    )
    .action((path: string, flags: { readonly out?: string; readonly open?: true }) => {
      const record = readRun(path)
      const folder = path.endsWith('.json') ? dirname(path) : path
      const out = flags.out ?? join(folder, 'report.html')
      saveFile(out, renderRunReport(record))
      process.stdout.write(`Report   ${out}\n`)
      if (flags.open === true) openInBrowser(out)
    })
}
