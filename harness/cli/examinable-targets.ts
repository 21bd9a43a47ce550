/** The targets of one `assay check`, found and looked through before the first is examined: misuse must not come out after minutes of work. */
import { attachToServer } from '../candidate/attach-candidate.ts'
import { exerciseOf } from '../examine/exercise-list.ts'
import { assertFits } from './check-filter.ts'
import type { CheckFlags } from './check-flags.ts'
import { findTarget, type NamedTarget } from './check-targets.ts'
import { assertGradable } from './expectation.ts'
import { readInterview } from './interview-file.ts'
import { loadRubric } from './rubric-file.ts'

export interface ExaminableOptions {
  readonly flags: CheckFlags
  readonly only: readonly string[] | undefined
  readonly signal: AbortSignal
}

/** @throws MisuseError for the first of them that is none, or that cannot be examined as was asked for. */
export async function findExaminable(targets: readonly string[], options: ExaminableOptions): Promise<NamedTarget[]> {
  const named: NamedTarget[] = []
  for (const text of targets) named.push(await findNamed(text, options.flags))
  for (const one of named) await assertExaminable(one, options)
  return named
}

export async function findNamed(text: string, flags: CheckFlags): Promise<NamedTarget> {
  return await findTarget(text, {
    write: flags.writeManifest === true,
    ask: process.stdin.isTTY && process.stderr.isTTY,
    note: line => void process.stderr.write(`${line}\n`),
  })
}

/** Reads all that belongs to a candidate, and that its grade and its scorecard are made of at the end. */
async function assertExaminable({ target }: NamedTarget, { flags, only, signal }: ExaminableOptions): Promise<void> {
  const exercise = exerciseOf(target)
  exercise.assertTakes(target)
  if (only !== undefined) assertFits(only, exercise)
  loadRubric(flags.rubric, exercise.name)
  if (target.kind === 'url') {
    await attachToServer(target, { signal, ...(flags.pid === undefined ? {} : { pid: flags.pid }) })
    return
  }
  readInterview(target.folder)
  if (flags.expect === true && target.manifest.expect !== undefined) assertGradable(target.manifest.expect, exercise.name, target.file)
}
