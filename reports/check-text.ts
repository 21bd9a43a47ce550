import type { CheckRecord, CheckResult, Outcome } from '../harness/record/check-record.ts'
import { recordOutcome, stagesOf } from './scorecard/check-summary.ts'
import { outcomeLook } from './page/verdict-mark.ts'
import { evidenceLines } from './text/evidence-lines.ts'
import { printedLines } from './text/printed-lines.ts'
import { stackLines } from './text/stack-lines.ts'
import { formatDuration, formatPlural } from './text/number-format.ts'
import { outputLines } from './text/output-lines.ts'
import { quoteForShell } from './text/quote-for-shell.ts'
import { plainLine } from './text/terminal-escapes.ts'
import { terminalStyle, type TerminalOptions, type TerminalStyle } from './text/terminal-style.ts'
import { truncated } from './text/truncated.ts'
import { wrapped } from './text/wrapped.ts'

const MAX_REASON = 400
const MAX_NAMED = 4
/** All repetitions of one check, as they are shown together. */
interface CheckGroup {
  readonly id: string
  readonly results: readonly CheckResult[]
  /** The one that decides: the first of the worst. */
  readonly shown: CheckResult
}

export interface CheckTextOptions extends TerminalOptions {
  /** What the controls of the language did on this machine; `null` where nothing is known. Left out: not spoken of. */
  readonly calibration?: string | null
}

/**
 * An examination for a terminal: stage by stage, what passed and what did not and why, the evidence of what failed in words, and what to
 * do next. Every line fits the width; nothing that a candidate printed reaches the terminal as an escape. Ends with a line end.
 * `recordPath`: where the record is kept, for the commands that begin with it.
 */
export function renderCheckText(record: CheckRecord, options: CheckTextOptions, recordPath = 'check.json'): string {
  const style = terminalStyle(options)
  const groups = groupsOf(record.checks)
  const lines = [
    ...heading(record, groups, options.calibration, style),
    ...statusLines(record, style),
    ...stagesOf(record.exercise).flatMap(([stage, title]) => stageLines(record, groups, stage, title, style)),
    ...untriedLines(groups, style),
    ...nextLines(record, groups, recordPath, style),
  ]
  return `${lines.join('\n')}\n`
}

function heading(
  record: CheckRecord,
  groups: readonly CheckGroup[],
  calibration: CheckTextOptions['calibration'],
  style: TerminalStyle,
): string[] {
  const count = (outcome: Outcome): number => groups.filter(({ shown }) => shown.outcome === outcome).length
  const counts = [
    `${count('pass')} passed`,
    `${count('fail')} failed`,
    `${count('inconclusive')} inconclusive`,
    `${count('not attempted')} not attempted`,
  ]
  const calibrated = calibration === undefined ? '' : `calibration: ${plainLine(calibration ?? 'none in this language on this machine')}`
  const about = [record.language, record.transport, `SLA p99 ${record.slaMs} ms`, `seed ${record.seed}`, formatDuration(record.durationMs)]
  return [
    `${style.outcome(recordOutcome(record))}  ${style.paint(truncated(plainLine(record.candidate), 60), 'bold')}`,
    ...wrapped(counts.join(', '), style.width),
    ...wrapped(about.map(plainLine).join(' · '), style.width).map(line => style.paint(line, 'dim')),
    ...wrapped(plainLine(record.containment), style.width).map(line => style.paint(line, 'dim')),
    ...(calibrated === '' ? [] : wrapped(calibrated, style.width).map(line => style.paint(line, 'dim'))),
    ...(record.suggestedGrade === null ? [] : wrapped(`Suggested grade: ${record.suggestedGrade}`, style.width)),
  ]
}

function statusLines(record: CheckRecord, style: TerminalStyle): string[] {
  if (record.status === 'finished') return []
  const what = record.status === 'failed' ? 'The candidate failed' : 'Interrupted'
  const text = plainLine(record.statusText)
  const sentence = record.status === 'failed' ? `${what}: ${text}` : text
  const lines = ['', ...wrapped(truncated(sentence, 1000), style.width).map(line => style.paint(line, 'bold', 'red'))]
  const printed = record.status === 'failed' ? outputLines(record.output, 'in check.json', style) : []
  return printed.length === 0 ? lines : [...lines, '', ...printed]
}

function stageLines(
  record: CheckRecord,
  groups: readonly CheckGroup[],
  stage: CheckResult['stage'],
  title: string,
  style: TerminalStyle,
): string[] {
  const attempted = groups.filter(({ shown }) => shown.outcome !== 'not attempted')
  const own = attempted.filter(({ shown }) => shown.stage === stage)
  if (own.length === 0) return []
  const width = Math.max(...attempted.map(({ id }) => id.length))
  const repeats = Math.max(...record.checks.map(({ repetition }) => repetition))
  return ['', style.paint(title, 'bold'), ...own.flatMap(group => groupLines(group, width, repeats, style))]
}

function groupLines(group: CheckGroup, width: number, repeats: number, style: TerminalStyle): string[] {
  const { shown } = group
  const { sign } = outcomeLook(shown.outcome)
  const agreement = repeats > 1 ? `[${agreementOf(group)}] ` : ''
  const text = (shown.outcome === 'pass' ? shown.power?.statement : undefined) ?? distinguished(shown)
  const mark = style.paint(sign, 'bold', paintOf(shown.outcome))
  const indent = ' '.repeat(width + 5)
  const lines = wrapped(agreement + truncated(plainLine(text === '' ? shown.title : text), MAX_REASON), style.width - width - 5)
  const [first = '', ...more] = lines
  const head = `  ${mark} ${shown.id.padEnd(width)} ${first}`
  const evidence =
    shown.outcome === 'fail'
      ? [
          ...titleLines(shown, style),
          ...evidenceLines(shown, style),
          ...stackLines(shown.stacks, style),
          ...printedLines(shown.printed, style),
        ]
      : []
  return [head, ...more.map(line => indent + line), ...evidence]
}

/** What should have held, as names of checks say little to who reads them for the first time. */
function titleLines({ title }: CheckResult, style: TerminalStyle): string[] {
  if (title === '') return []
  const lines = wrapped(`What has to hold: ${truncated(plainLine(title), MAX_REASON)}`, style.width - 8)
  return lines.map(line => `      ${style.paint('│', 'dim')} ${line}`)
}

/** A distinction that was missed is no failure, and says so before anything else. */
function distinguished({ distinction, outcome, reason }: CheckResult): string {
  return distinction === true && outcome !== 'pass' ? `(a distinction, not required) ${reason}` : reason
}

/** `3 of 3 fail`, or how often each outcome was found. */
function agreementOf({ results }: CheckGroup): string {
  const outcomes = [...new Set(results.map(({ outcome }) => outcome))]
  return outcomes
    .map(outcome => `${outcome} ${results.filter(result => result.outcome === outcome).length} of ${results.length}`)
    .join(', ')
}

/** What was not attempted, gathered by its reason. */
function untriedLines(all: readonly CheckGroup[], style: TerminalStyle): string[] {
  const groups = all.filter(({ shown }) => shown.outcome === 'not attempted')
  if (groups.length === 0) return []
  const reasons = [...new Set(groups.map(({ shown }) => plainLine(shown.reason)))]
  const lines = reasons.flatMap(reason => {
    const own = groups.filter(({ shown }) => plainLine(shown.reason) === reason)
    const names = own.length > MAX_NAMED ? formatPlural(own.length, 'check') : own.map(({ id }) => id).join(', ')
    const [first = '', ...more] = wrapped(`${names}: ${truncated(reason, MAX_REASON)}`, style.width - 4)
    return [`  – ${first}`, ...more.map(line => `    ${line}`)].map(line => style.paint(line, 'dim'))
  })
  return ['', style.paint('Not attempted', 'bold'), ...lines]
}

function nextLines(record: CheckRecord, groups: readonly CheckGroup[], recordPath: string, style: TerminalStyle): string[] {
  if (record.status === 'failed') return []
  const failed = groups.find(({ shown }) => shown.outcome === 'fail' && shown.distinction !== true)
  const doubtful = groups.filter(({ shown }) => shown.outcome === 'inconclusive' && shown.distinction !== true)
  // A record without a name has no target either.
  const target = record.target === '' ? '<the same>' : quoteForShell(record.target)
  const quick = record.quick ? ' --quick' : ''
  const lines: string[] = []
  if (failed !== undefined) {
    lines.push('', 'Next: mend the first failure (later ones may come from it), then examine it alone, under the same seed:')
    lines.push(`  assay check ${target} --only ${failed.id}${quick} --seed ${record.seed}`)
  } else if (doubtful.length > 0) {
    lines.push('', 'Next: examine again what could not be decided, best with nothing else at work on this machine:')
    lines.push(`  assay check ${target} --only ${doubtful.map(({ id }) => id).join(',')}${quick} --seed ${record.seed}`)
  }
  const races = groups.filter(({ shown }) => shown.outcome === 'fail' && shown.interleaving !== undefined)
  if (races.length > 0) lines.push('', 'To play a race again, as small as it gets, and see how often it shows:')
  for (const { id } of races) lines.push(`  assay replay ${quoteForShell(`${recordPath}#${id}`)}`)
  return lines.flatMap(line => (line.startsWith('  ') || line === '' ? [line] : wrapped(line, style.width)))
}

/** In the order of the record; of each check all repetitions. */
function groupsOf(checks: readonly CheckResult[]): CheckGroup[] {
  const order: readonly Outcome[] = ['fail', 'inconclusive', 'pass', 'not attempted']
  return [...new Set(checks.map(({ id }) => id))].flatMap(id => {
    const results = checks.filter(check => check.id === id)
    const [shown] = results.toSorted((a, b) => order.indexOf(a.outcome) - order.indexOf(b.outcome))
    return shown === undefined ? [] : [{ id, results, shown }]
  })
}

function paintOf(outcome: Outcome): 'green' | 'red' | 'yellow' | 'dim' {
  switch (outcome) {
    case 'pass':
      return 'green'
    case 'fail':
      return 'red'
    case 'inconclusive':
      return 'yellow'
    case 'not attempted':
      return 'dim'
  }
}
