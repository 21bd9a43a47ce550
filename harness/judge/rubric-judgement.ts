/** From a record and the interviewer's ticks to lines met or not, and to the grade that they suggest. */
import type { CheckRecord, CheckResult, Outcome } from '../record/check-record.ts'
import { checksNamed, type ExerciseName } from './check-ids.ts'
import type { Interview } from './interview.ts'
import { gradeName, type Rubric, type RubricGrade, type RubricLine } from './rubric.ts'

export type LineStatus = 'met' | 'not met' | 'not observable' | 'open'

export interface JudgedLine {
  readonly line: RubricLine
  readonly status: LineStatus
  /** One sentence. */
  readonly reason: string
  /** The checks that the line names, as far as the record holds them. */
  readonly checks: readonly { readonly id: string; readonly outcome: Outcome }[]
  /** True where an examination was tried and could not decide. What was not asked for is not undecided. */
  readonly undecided: boolean
}

export interface JudgedGrade {
  readonly grade: RubricGrade
  readonly standing: 'reached' | 'open' | 'not reached'
  readonly reasons: readonly string[]
}

export interface RubricJudgement {
  readonly lines: readonly JudgedLine[]
  readonly grades: readonly JudgedGrade[]
  /** One line such as `level one: 3 (4 open); level two: 3 open`, or `null` where nothing could be observed. */
  readonly suggestedGrade: string | null
}

/** Pure: the same record, ticks and rubric give the same judgement. What was not asked for never lowers a grade. */
export function judgeRubric(rubric: Rubric, record: CheckRecord, interview: Interview | null = null): RubricJudgement {
  const outcomes = outcomesById(record.checks)
  const lines = rubric.lines.map(line => judgeLine(line, checksOf(line, rubric.exercise, outcomes), interview))
  const grades: JudgedGrade[] = []
  for (const grade of rubric.grades) grades.push(judgeGrade(grade, lines, grades))
  return { lines, grades, suggestedGrade: suggestion(grades, lines) }
}

export interface LevelStanding {
  readonly level: string
  /** The highest grade reached, `null` where none is. */
  readonly reached: number | null
  /** Grades that wait for the interviewer, or for an examination that can decide. */
  readonly open: readonly number[]
  /** The lowest grade of the level: whoever reaches none and has none open is below it. */
  readonly lowest: number
}

/** What the grades come to, a level each, in the rubric's order. */
export function levelStandings(grades: readonly JudgedGrade[]): LevelStanding[] {
  const levels = [...new Set(grades.map(({ grade }) => grade.level))]
  return levels.map(level => {
    const ofLevel = grades.filter(({ grade }) => grade.level === level)
    const numbers = (standing: JudgedGrade['standing']): number[] =>
      ofLevel.filter(one => one.standing === standing).map(one => one.grade.grade)
    const reached = numbers('reached')
    return {
      level,
      reached: reached.length === 0 ? null : Math.max(...reached),
      open: numbers('open'),
      lowest: Math.min(...ofLevel.map(({ grade }) => grade.grade)),
    }
  })
}

/** The outcome of each check over its repetitions: one failure is a failure, and a pass needs every attempt to pass. */
export function outcomesById(checks: readonly CheckResult[]): Map<string, Outcome> {
  const worst: readonly Outcome[] = ['fail', 'inconclusive', 'pass', 'not attempted']
  const outcomes = new Map<string, Outcome>()
  for (const { id, outcome } of checks) {
    const before = outcomes.get(id)
    if (before === undefined || worst.indexOf(outcome) < worst.indexOf(before)) outcomes.set(id, outcome)
  }
  return outcomes
}

type Verdict = Pick<JudgedLine, 'status' | 'reason' | 'undecided'>

function checksOf(line: RubricLine, exercise: ExerciseName, outcomes: ReadonlyMap<string, Outcome>): JudgedLine['checks'] {
  const ids = line.checks.flatMap(pattern => checksNamed(pattern, exercise))
  return ids.map(id => ({ id, outcome: outcomes.get(id) ?? ('not attempted' as const) }))
}

function judgeLine(line: RubricLine, checks: JudgedLine['checks'], interview: Interview | null): JudgedLine {
  return { line, checks, ...verdictOf(line, checks, interview) }
}

function verdictOf(line: RubricLine, checks: JudgedLine['checks'], interview: Interview | null): Verdict {
  const tick = interview?.ticks[line.id]
  switch (line.met) {
    case 'ticked':
      return tickVerdict(tick)
    case 'few hints':
      return hintVerdict(line.hintsAtMost ?? 0, interview)
    case 'none fails':
    case 'all pass':
      return checkVerdict(checks, line.met === 'all pass')
    case 'none fails or ticked':
      return eitherVerdict(checkVerdict(checks, false), tick)
  }
}

function tickVerdict(tick: boolean | undefined): Verdict {
  if (tick === undefined) return { status: 'open', reason: 'For the interviewer to say.', undecided: false }
  return {
    status: tick ? 'met' : 'not met',
    reason: tick ? 'Ticked by the interviewer.' : 'The interviewer did not see it.',
    undecided: false,
  }
}

function hintVerdict(atMost: number, interview: Interview | null): Verdict {
  if (interview === null) return { status: 'open', reason: 'No hints were kept; the interviewer says.', undecided: false }
  const { length } = interview.hints
  const reason = `${length} ${length === 1 ? 'hint was' : 'hints were'} given; ${atMost} are few.`
  return { status: length <= atMost ? 'met' : 'not met', reason, undecided: false }
}

function checkVerdict(checks: JudgedLine['checks'], all: boolean): Verdict {
  const ids = (outcome: Outcome): string =>
    checks
      .filter(check => check.outcome === outcome)
      .map(check => check.id)
      .join(', ')
  const has = (outcome: Outcome): boolean => checks.some(check => check.outcome === outcome)
  if (has('fail')) return { status: 'not met', reason: `Failed: ${ids('fail')}.`, undecided: false }
  if (has('inconclusive')) return { status: 'not observable', reason: `Inconclusive: ${ids('inconclusive')}.`, undecided: true }
  if (!has('pass')) return { status: 'not observable', reason: 'Not attempted.', undecided: false }
  if (!has('not attempted')) return { status: 'met', reason: `Passed: ${ids('pass')}.`, undecided: false }
  const reason = `Passed: ${ids('pass')}. Not attempted: ${ids('not attempted')}.`
  return { status: all ? 'not observable' : 'met', reason, undecided: false }
}

/** A described answer counts as much as a working one; a server that fails leaves the line to the interviewer. */
function eitherVerdict(seen: Verdict, tick: boolean | undefined): Verdict {
  if (tick === true && seen.status !== 'met')
    return { status: 'met', reason: `Ticked by the interviewer. ${seen.reason}`, undecided: false }
  if (tick === false && seen.status !== 'met')
    return { status: 'not met', reason: `${seen.reason} The interviewer did not hear it described either.`, undecided: false }
  if (seen.status === 'not met') return { status: 'open', reason: `${seen.reason} A described answer can be ticked.`, undecided: false }
  return seen
}

function judgeGrade(grade: RubricGrade, all: readonly JudgedLine[], before: readonly JudgedGrade[]): JudgedGrade {
  const lines = all.filter(({ line }) => line.level === grade.level && line.grade === grade.grade)
  const musts = lines.filter(({ line }) => line.need === 'must')
  const somes = lines.filter(({ line }) => line.need === 'some')
  const base = before.find(other => gradeName(other.grade) === grade.buildsOn)
  const missedMusts = musts.filter(isNotMet)
  const missedSomes = somes.filter(isNotMet)
  const tooMany = missedSomes.length > grade.mayMiss
  const baseMissed = base?.standing === 'not reached'
  if (missedMusts.length > 0 || tooMany || baseMissed) {
    const reasons = [
      ...(baseMissed ? [`Grade ${base.grade.grade} of level ${base.grade.level} is not reached.`] : []),
      ...missedMusts.map(toReason),
      ...(tooMany
        ? [
            `${missedSomes.length} of the lines that may be missed are not met, where ${grade.mayMiss} may be: ${missedSomes.map(({ line }) => line.id).join(', ')}.`,
          ]
        : []),
    ]
    return { grade, standing: 'not reached', reasons }
  }
  const waiting = musts.filter(isOpen)
  const doubtful = somes.filter(isOpen)
  const doubt = missedSomes.length + doubtful.length > grade.mayMiss ? doubtful : []
  const unseen = musts.every(judged => judged.status !== 'met')
  const reasons = [
    ...(base?.standing === 'open' ? [`Grade ${base.grade.grade} of level ${base.grade.level} is open.`] : []),
    ...waiting.map(toReason),
    ...(doubt.length > 0 ? [`Of the lines that may be missed these are open: ${doubt.map(({ line }) => line.id).join(', ')}.`] : []),
    ...(unseen && waiting.length === 0 ? ['None of what it must have was observed.'] : []),
  ]
  if (reasons.length > 0) return { grade, standing: 'open', reasons }
  return { grade, standing: 'reached', reasons: [...missedSomes.map(toReason), ...leftOut(lines)] }
}

function isNotMet(judged: JudgedLine): boolean {
  return judged.status === 'not met'
}

function isOpen(judged: JudgedLine): boolean {
  return judged.status === 'open' || judged.undecided
}

function toReason({ line, status, reason }: JudgedLine): string {
  return `${line.looksFor}: ${status}. ${reason}`
}

function leftOut(lines: readonly JudgedLine[]): string[] {
  const unseen = lines.filter(({ line, status, undecided }) => line.need !== 'extra' && status === 'not observable' && !undecided)
  if (unseen.length === 0) return []
  return [`As far as it was asked; not attempted: ${unseen.map(({ line }) => line.id).join(', ')}.`]
}

function suggestion(grades: readonly JudgedGrade[], lines: readonly JudgedLine[]): string | null {
  if (lines.every(({ status }) => status === 'open' || status === 'not observable')) return null
  return levelStandings(grades)
    .map(standing => `level ${standing.level}: ${standingText(standing)}`)
    .join('; ')
}

function standingText({ reached, open, lowest }: LevelStanding): string {
  const waiting = `the interviewer decides on ${open.join(' and ')}`
  if (reached === null) return open.length === 0 ? `below ${lowest}` : `none yet, ${waiting}`
  return open.length === 0 ? String(reached) : `${reached} (${waiting})`
}
