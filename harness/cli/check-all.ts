/** All candidates of one `assay check`, one after the other under the same seed, and what is printed of them. */
import type { ContainmentName } from '../candidate/contain-level.ts'
import type { Target } from '../candidate/find-candidate.ts'
import { exerciseOf } from '../examine/exercise-list.ts'
import { renderCheckJUnit } from '../../reports/check-junit.ts'
import { renderCheckText } from '../../reports/check-text.ts'
import { recordOutcome } from '../../reports/scorecard/check-summary.ts'
import { assayFaultText } from './assay-fault.ts'
import { saveComparison } from './check-comparison.ts'
import { assertFits } from './check-filter.ts'
import type { CheckFlags } from './check-flags.ts'
import { type FinishedCheck, checkOnce } from './check-once.ts'
import { findTarget, type NamedTarget } from './check-targets.ts'
import { EXIT, exitCodeOf, worstVerdict } from './exit-code.ts'
import { assertGradable, expectationText, isAsExpected, judgeExpectation } from './expectation.ts'
import { saveFile } from './run-files.ts'
import { openInBrowser } from './open-in-browser.ts'
import { shownPath } from './shown-path.ts'
import { terminalOptions } from './terminal-options.ts'

export interface CheckSettings {
  readonly targets: readonly string[]
  readonly flags: CheckFlags
  readonly only: readonly string[] | undefined
  readonly seed: number
  readonly containment: ContainmentName | undefined
  readonly signal: AbortSignal
}

/** Returns the exit code. */
export async function checkAll(settings: CheckSettings): Promise<number> {
  const { targets, flags, signal } = settings
  const named: NamedTarget[] = []
  // All of them first: a mistyped second name must not come out after minutes spent on the first.
  for (const text of targets) named.push(await findNamed(text, flags))
  for (const { target } of named) assertExaminable(target, settings)
  const finished: FinishedCheck[] = []
  for (const [index, target] of named.entries()) {
    if (signal.aborted) break
    const done = await checkOnce({ ...onceOptions(settings), named: target, place: named.length > 1 ? index + 1 : undefined })
    finished.push(done)
    if (flags.json !== true) show(done, flags)
  }
  conclude(finished, flags)
  if (signal.aborted) return EXIT.interrupted
  const records = finished.map(({ record }) => record)
  const fault = assayFaultText(records)
  if (fault !== null) {
    process.stderr.write(`\n${fault}\n`)
    return EXIT.bug
  }
  if (flags.expect === true) return judgeSamples(finished)
  return exitCodeOf(worstVerdict(records.map(recordOutcome)))
}

export async function findNamed(text: string, flags: CheckFlags): Promise<NamedTarget> {
  return await findTarget(text, {
    write: flags.writeManifest === true,
    ask: process.stdin.isTTY && process.stderr.isTTY,
    note: line => void process.stderr.write(`${line}\n`),
  })
}

/** @throws MisuseError for a filter or a grading of another exercise. */
function assertExaminable(target: Target, { only, flags }: CheckSettings): void {
  const exercise = exerciseOf(target)
  if (only !== undefined) assertFits(only, exercise)
  if (flags.expect !== true || target.kind !== 'manifest' || target.manifest.expect === undefined) return
  assertGradable(target.manifest.expect, exercise.name, target.file)
}

export function onceOptions({ flags, only, seed, containment, signal }: CheckSettings) {
  return {
    only,
    stage: flags.stage === undefined ? Infinity : Number(flags.stage),
    quick: flags.quick === true,
    seed,
    repeat: flags.repeat,
    containment,
    buildNetwork: flags.buildNetwork === true && containment !== 'strict',
    pid: flags.pid,
    failFast: flags.failFast === true,
    out: flags.out,
    rubricFile: flags.rubric,
    audience: flags.for,
    anonymous: flags.anonymous === true,
    signal,
  }
}

export function show({ record, folder, sources }: FinishedCheck, { for: reader }: CheckFlags): void {
  // A candidate who checks their own server is not told a grade.
  const shown = reader === 'candidate' ? { ...record, suggestedGrade: null } : record
  // Only chat has controls to calibrate.
  const calibration = record.exercise === 'chat' ? { calibration: sources.calibration ?? null } : {}
  const options = { ...terminalOptions(process.stdout), ...calibration }
  process.stdout.write(`${renderCheckText(shown, options, shownPath(folder.recordPath))}\n`)
  process.stdout.write(`scorecard    ${shownPath(folder.scorecardPath)}\n`)
}

function conclude(finished: readonly FinishedCheck[], flags: CheckFlags): void {
  const records = finished.map(({ record }) => record)
  if (flags.json === true) process.stdout.write(`${JSON.stringify(records.length === 1 ? records[0] : records, null, 2)}\n`)
  if (flags.junit !== undefined) saveFile(flags.junit, renderCheckJUnit(records))
  const page = isComparable(finished) ? compare(finished, flags) : undefined
  if (flags.open !== true) return
  for (const path of page === undefined ? finished.map(({ folder }) => folder.scorecardPath) : [page]) openInBrowser(path)
}

/** A chat server and a store have no line in common. */
function isComparable(finished: readonly FinishedCheck[]): boolean {
  return finished.length > 1 && new Set(finished.map(({ record }) => record.exercise)).size === 1
}

/** Returns where the page is. */
function compare(finished: readonly FinishedCheck[], flags: CheckFlags): string | undefined {
  const [first] = finished
  if (first === undefined) return undefined
  const compared = finished.map(({ record, sources }) => ({ record, interview: sources.interview ?? null }))
  const { text, page } = saveComparison(compared, first.sources.rubric, flags)
  if (flags.json !== true) process.stdout.write(`\n${text}\ncomparison   ${shownPath(page)}\n`)
  return page
}

/** Whether each sample came out as it is graded: 0 or 1; what a candidate is not graded for cannot be held against it. */
function judgeSamples(finished: readonly FinishedCheck[]): number {
  let isAll = finished.length > 0
  for (const { record, named } of finished) {
    const expected = named.target.kind === 'manifest' ? named.target.manifest.expect : undefined
    const result = judgeExpectation(record, expected ?? { must: [], may: [] })
    process.stderr.write(`${expectationText(record.candidate, result)}\n`)
    isAll &&= isAsExpected(result)
  }
  return isAll ? EXIT.pass : EXIT.fail
}
