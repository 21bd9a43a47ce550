/** `assay forget`: deletes all that Assay kept of a candidate; what the candidate handed in stays. */
import { rmSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { forgetBuilds } from '../candidate/build-cache.ts'
import { resultsOf } from './check-records.ts'
import { interviewPath, readInterview } from './interview-file.ts'
import { DEFAULT_FOLDER } from './out-folder.ts'

export function addForgetCommand(program: Command): void {
  program
    .command('forget')
    .summary('delete all that was kept of a candidate')
    .description(
      'Deletes the notes of the interview, the records and pages of examinations, runs, capacity searches and comparisons in reports/out ' +
        "(or --out), and the cached builds. The candidate's own files stay, and so do records that you wrote elsewhere.",
    )
    .argument('<candidate>', "the candidate's folder")
    .option('--out <folder>', 'where the records are', DEFAULT_FOLDER)
    .addHelpText('after', '\nExample:\n  assay forget ann/')
    .action(async (written: string, { out }: { readonly out: string }) => await forget(resolve(written), out))
}

async function forget(folder: string, out: string): Promise<void> {
  const results = resultsOf(folder, out)
  const interview = hasInterview(folder) ? [interviewPath(folder)] : []
  for (const path of [...interview, ...results]) {
    rmSync(path, { recursive: true, force: true })
    process.stdout.write(`deleted  ${path}\n`)
  }
  const builds = await forgetBuilds(folder)
  if (builds > 0) process.stdout.write(`deleted  ${builds} cached ${builds === 1 ? 'build' : 'builds'}\n`)
  if (interview.length + results.length + builds === 0)
    process.stdout.write(`Nothing is kept of ${folder} (looked in ${out} and the build cache).\n`)
}

/** A file that can no longer be read is deleted as well. */
function hasInterview(folder: string): boolean {
  try {
    return readInterview(folder) !== null
  } catch {
    return true
  }
}
