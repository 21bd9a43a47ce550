/** Whether a graded sample came out as its manifest says: `must` fails, `may` may, nothing else does. */
import { MisuseError } from '../candidate/fault.ts'
import { checksNamed, type ExerciseName } from '../judge/check-ids.ts'
import type { CheckRecord, Outcome } from '../record/check-record.ts'

export interface Expected {
  readonly must: readonly string[]
  readonly may: readonly string[]
}

/**
 * @throws MisuseError for a grading that names no check of the exercise: it could never be held against anything.
 */
export function assertGradable({ must, may }: Expected, exercise: ExerciseName, file: string): void {
  const unknown = [...must, ...may].find(id => checksNamed(id, exercise).length === 0)
  if (unknown === undefined) return
  throw new MisuseError(
    `${file}: Expected \`expect\` to name checks of the exercise ${exercise}, got ${unknown}. \`assay check --list\` names them.`,
  )
}

export interface ExpectationResult {
  /** Checks of `must` that were examined and did not fail. */
  readonly missed: readonly string[]
  /** Checks that failed and are neither in `must` nor in `may`. */
  readonly unexpected: readonly string[]
  /** Checks outside `must` that could not be decided. */
  readonly undecided: readonly string[]
  /** True where at least one check was decided, or nothing was expected to be. */
  readonly wasExamined: boolean
}

/** Over all repetitions: what must fail has to fail in each of them. */
export function judgeExpectation(record: CheckRecord, { must, may }: Expected): ExpectationResult {
  const attempted = record.checks.filter(({ outcome }) => outcome !== 'not attempted')
  const ids = (outcomes: readonly Outcome[], isWanted: (id: string) => boolean): string[] => [
    ...new Set(attempted.filter(({ id, outcome }) => outcomes.includes(outcome) && isWanted(id)).map(({ id }) => id)),
  ]
  return {
    missed: ids(['pass', 'inconclusive'], id => must.includes(id)),
    unexpected: ids(['fail'], id => !must.includes(id) && !may.includes(id)),
    undecided: ids(['inconclusive'], id => !must.includes(id)),
    wasExamined: record.status === 'finished' && attempted.length > 0,
  }
}

/** One line for a person. */
export function expectationText(candidate: string, result: ExpectationResult): string {
  if (!result.wasExamined) return `${candidate}: not as expected: it was not examined to the end.`
  const parts = [
    ...(result.missed.length === 0 ? [] : [`not found: ${result.missed.join(', ')}`]),
    ...(result.unexpected.length === 0 ? [] : [`failed too: ${result.unexpected.join(', ')}`]),
    ...(result.undecided.length === 0 ? [] : [`not decided: ${result.undecided.join(', ')}`]),
  ]
  if (parts.length === 0) return `${candidate}: as expected.`
  return `${candidate}: ${isAsExpected(result) ? 'as expected' : 'not as expected'} (${parts.join('; ')}).`
}

export function isAsExpected({ missed, unexpected, wasExamined }: ExpectationResult): boolean {
  return missed.length === 0 && unexpected.length === 0 && wasExamined
}
