/** All candidates of one `assay check`, one after the other under the same seed, and what is printed of them. */
import type { ContainmentName } from '../candidate/contain-level.ts'
import { renderCheckJUnit } from '../../reports/check-junit.ts'
import { renderCheckText } from '../../reports/check-text.ts'
import { recordOutcome } from '../../reports/scorecard/check-summary.ts'
import { assayFaultText } from './assay-fault.ts'
import { saveComparison } from './check-comparison.ts'
import type { CheckFlags } from './check-flags.ts'
import { type FinishedCheck, checkOnce } from './check-once.ts'
import type { NamedTarget } from './check-targets.ts'
import { EXIT, exitCodeOf, worstVerdict } from './exit-code.ts'
import { expectationText, isAsExpected, judgeExpectation } from './expectation.ts'
import { saveFile } from './run-files.ts'
import { openInBrowser } from './open-in-browser.ts'
import { shownPath } from './shown-path.ts'
import { terminalOptions } from './terminal-options.ts'

export interface CheckSettings {
  readonly named: readonly NamedTarget[]
  readonly flags: CheckFlags
  readonly only: readonly string[] | undefined
  readonly seed: number
  readonly containment: ContainmentName | undefined
  readonly signal: AbortSignal
}

/** Returns the exit code. */
export async function checkAll(settings: CheckSettings): Promise<number> {
  const { named, flags, signal } = settings
  const finished: FinishedCheck[] = []
  try {
    for (const [index, target] of named.entries()) {
      if (signal.aborted) break
      const done = await checkOnce({ ...onceOptions(settings), named: target, place: named.length > 1 ? index + 1 : undefined })
      finished.push(done)
      if (flags.json !== true) show(done, flags)
    }
  } catch (error) {
    // What is finished took minutes, and is told whatever became of the next.
    conclude(finished, settings, error instanceof Error ? error.message : String(error))
    throw error
  }
  conclude(finished, settings)
  if (signal.aborted) return EXIT.interrupted
  const records = finished.map(({ shown }) => shown)
  const fault = assayFaultText(records)
  if (fault !== null) {
    process.stderr.write(`\n${fault}\n`)
    return EXIT.bug
  }
  if (flags.expect === true) return judgeSamples(finished)
  return exitCodeOf(worstVerdict(records.map(recordOutcome)))
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

export function show({ shown: record, folder, sources }: FinishedCheck, { for: reader }: CheckFlags): void {
  // A candidate who checks their own server is not told a grade.
  const shown = reader === 'candidate' ? { ...record, suggestedGrade: null } : record
  // Only chat has controls to calibrate.
  const calibration = record.exercise === 'chat' ? { calibration: sources.calibration ?? null } : {}
  const options = { ...terminalOptions(process.stdout), ...calibration }
  process.stdout.write(`${renderCheckText(shown, options, shownPath(folder.recordPath))}\n`)
  process.stdout.write(`scorecard    ${shownPath(folder.scorecardPath)}\n`)
}

/** `fault`: what ended it before all were examined. */
function conclude(finished: readonly FinishedCheck[], { named, flags }: CheckSettings, fault?: string): void {
  const records = finished.map(({ shown }) => shown)
  if (flags.json === true && records.length > 0)
    process.stdout.write(`${JSON.stringify(named.length === 1 ? records[0] : records, null, 2)}\n`)
  if (flags.junit !== undefined) saveFile(flags.junit, renderCheckJUnit(records, fault))
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
  const compared = finished.map(({ record, sources }) => ({ record, interview: sources.interview ?? null, anonymous: sources.anonymous }))
  const { text, page } = saveComparison(compared, first.sources.rubric, flags)
  if (flags.json !== true) process.stdout.write(`\n${text}\ncomparison   ${shownPath(page)}\n`)
  return page
}

/** Whether each sample came out as it is graded: 0 or 1; what a candidate is not graded for cannot be held against it. */
function judgeSamples(finished: readonly FinishedCheck[]): number {
  let isAll = finished.length > 0
  for (const { record, shown, named } of finished) {
    const expected = named.target.kind === 'manifest' ? named.target.manifest.expect : undefined
    const result = judgeExpectation(record, expected ?? { must: [], may: [] })
    process.stderr.write(`${expectationText(shown.candidate, result)}\n`)
    isAll &&= isAsExpected(result)
  }
  return isAll ? EXIT.pass : EXIT.fail
}
