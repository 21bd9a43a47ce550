import { judgeRubric, type JudgedGrade } from '../harness/judge/rubric-judgement.ts'
import type { CheckRecord } from '../harness/record/check-record.ts'
import { findingOf, recordOutcome, stagesOf, summariesOf, type CheckSummary } from './scorecard/check-summary.ts'
import { nameless } from './scorecard/nameless.ts'
import { questionFor } from './scorecard/questions.ts'
import type { ScorecardOptions } from './scorecard/scorecard-options.ts'
import { formatDuration } from './text/number-format.ts'
import { plainLine } from './text/terminal-escapes.ts'
import { columnsOf, terminalStyle, type TerminalOptions, type TerminalStyle } from './text/terminal-style.ts'
import { truncated } from './text/truncated.ts'
import { wrapped } from './text/wrapped.ts'

const MAX_TEXT = 400
const MAX_REASONS = 6

/** The scorecard in short for a terminal: outcome, grades and why, every check; of a failure its evidence. Ends with a line end. */
export function renderScorecardText(original: CheckRecord, options: ScorecardOptions & TerminalOptions): string {
  const record = options.anonymous ? nameless(original) : original
  const style = terminalStyle(options)
  const summaries = summariesOf(record)
  const { grades } = judgeRubric(options.rubric, record, options.interview)
  const interviewer = options.audience === 'interviewer'
  const lines = [
    ...heading(record, style),
    ...stagesOf(record.exercise).flatMap(([stage, title]) =>
      stageLines(
        title,
        summaries.filter(summary => summary.stage === stage),
        style,
        interviewer,
      ),
    ),
    ...(interviewer ? ['', style.paint('Grade, suggested', 'bold'), ...grades.flatMap(grade => gradeLines(grade, style))] : []),
    '',
    ...indented(conditions(record, options), 0, style),
  ]
  return `${lines.join('\n')}\n`
}

function heading(record: CheckRecord, style: TerminalStyle): string[] {
  const name = `${truncated(plainLine(record.candidate), 60)}, ${truncated(plainLine(record.language), 30)}, ${record.transport}`
  const unfinished = record.status === 'finished' ? [] : indented(`! ${truncated(plainLine(record.statusText), 2000)}`, 0, style)
  return [style.outcome(recordOutcome(record)), style.paint(name, 'bold'), ...unfinished.map(line => style.paint(line, 'yellow'))]
}

function stageLines(title: string, summaries: readonly CheckSummary[], style: TerminalStyle, interviewer: boolean): string[] {
  const attempted = summaries.filter(({ outcome }) => outcome !== 'not attempted')
  const left = summaries.length - attempted.length
  if (summaries.length === 0) return []
  const rest = left === 0 ? [] : [style.paint(`  – ${left} not attempted`, 'dim')]
  return ['', style.paint(title, 'bold'), ...attempted.flatMap(summary => checkLines(summary, style, interviewer)), ...rest]
}

function checkLines(summary: CheckSummary, style: TerminalStyle, interviewer: boolean): string[] {
  const { id, outcome, agreement, evidence, power } = summary
  const times = agreement === '' ? '' : ` (${agreement} times)`
  const head = `  ${style.outcome(outcome)} ${plainLine(id)}${times}`
  if (outcome === 'pass') return [head, ...(power === null ? [] : indented(power.statement, 4, style))]
  const finding = findingOf(summary)
  const [first] = evidence
  const isNew = first !== undefined && plainLine(first.text) !== plainLine(finding)
  const question = outcome === 'fail' && interviewer ? questionFor(id)?.question : undefined
  return [
    head,
    ...indented(finding, 4, style),
    ...(power === null ? [] : indented(power.statement, 4, style)),
    ...(isNew ? indented(first.text, 4, style) : []),
    ...(question === undefined ? [] : indented(`Ask: ${question}`, 4, style).map(line => style.paint(line, 'dim'))),
  ]
}

function gradeLines({ grade, standing, reasons }: JudgedGrade, style: TerminalStyle): string[] {
  const shown = reasons.slice(0, MAX_REASONS)
  const rest = reasons.length - shown.length
  return [
    `  level ${grade.level}, grade ${grade.grade}: ${style.paint(standing, 'bold')}`,
    ...shown.flatMap(reason => indented(reason, 4, style)),
    ...(rest > 0 ? [`    ${rest} more reasons are on the scorecard.`] : []),
  ]
}

function conditions(record: CheckRecord, { calibration }: ScorecardOptions): string {
  const contained = plainLine(record.containment)
  const calibrated = calibration === undefined || calibration === null ? 'not calibrated here' : `calibration: ${plainLine(calibration)}`
  return `${contained === '' ? 'containment not known' : contained}; ${calibrated}; seed ${record.seed}; ${formatDuration(record.durationMs)}`
}

function indented(text: string, columns: number, style: TerminalStyle): string[] {
  const space = ' '.repeat(columns)
  return wrapped(truncated(plainLine(text), MAX_TEXT), style.width - columnsOf(space)).map(line => space + line)
}
