import type { Interview } from '../harness/judge/interview.ts'
import type { Rubric } from '../harness/judge/rubric.ts'
import { judgeRubric, levelStandings, outcomesById, type JudgedLine, type RubricJudgement } from '../harness/judge/rubric-judgement.ts'
import type { CheckRecord } from '../harness/record/check-record.ts'
import { checkColumns, columnLetter } from './check-columns.ts'
import { html, type Html, type HtmlValue } from './page/html.ts'
import { renderPage, section } from './page/page.ts'
import { table, type Column } from './page/table.ts'
import { outcomeLabel } from './page/verdict-mark.ts'
import { figureText, recordOutcome } from './scorecard/check-summary.ts'
import { nameless } from './scorecard/nameless.ts'
import { formatPlural } from './text/number-format.ts'
import { plainLine } from './text/terminal-escapes.ts'
import { terminalStyle, type TerminalOptions } from './text/terminal-style.ts'
import { truncated } from './text/truncated.ts'
import { wrapped } from './text/wrapped.ts'

/** More columns are not read side by side. */
const MAX_CANDIDATES = 12

export interface ComparedCandidate {
  readonly record: CheckRecord
  readonly interview?: Interview | null
  /** Leaves out the name of this one. */
  readonly anonymous?: boolean
}

export interface ScorecardComparisonOptions {
  readonly rubric: Rubric
  /** Leaves out all names. */
  readonly anonymous: boolean
  /** `candidate` leaves out the grades and the rubric. Default `interviewer`. */
  readonly audience?: 'interviewer' | 'candidate'
}

interface Entry {
  readonly name: string
  readonly record: CheckRecord
  readonly judgement: RubricJudgement
}

/** Candidates side by side, line by line, in the order given. There is no total and no ranking: what to make of it is for people. */
export function renderScorecardComparison(candidates: readonly ComparedCandidate[], options: ScorecardComparisonOptions): string {
  const entries = entriesOf(candidates, options)
  const cautions = cautionsOf(entries, candidates.length)
  return renderPage({
    title: `${formatPlural(entries.length, 'candidate')} line by line · Assay`,
    icon: { sign: '≡', colour: '#0b5f8f' },
    charts: false,
    body: html`<header class="masthead">
        <h1>${formatPlural(entries.length, 'candidate')} <span>line by line</span></h1>
        <p>seed ${entries[0]?.record.seed ?? 0}</p>
      </header>
      ${cautions.map(caution => html`<p class="notice" role="note">${caution}</p>`)}
      <p class="lead">
        In the order in which they were given. There is no total on purpose: two candidates who differ in two lines differ in those two
        lines.
      </p>
      <div class="compared">
        ${overview(entries, isGraded(options))} ${isGraded(options) && rubricPart(entries)} ${checksPart(entries)} ${figuresPart(entries)}
      </div>
      <footer class="page-foot">Made by Assay from check.json of each. Nothing on this page was loaded from anywhere.</footer>`,
  })
}

/** The same for a terminal: what makes it unfair, what each is worth, and every check, a line each. Ends with a line end. */
export function renderScorecardComparisonText(
  candidates: readonly ComparedCandidate[],
  options: ScorecardComparisonOptions & TerminalOptions,
): string {
  const style = terminalStyle(options)
  const entries = entriesOf(candidates, options)
  const standings = entries.map(({ name, record, judgement }, index) => {
    const grade = isGraded(options) ? `: ${judgement.suggestedGrade ?? 'no grade'}` : ''
    return `  ${columnLetter(index)}  ${style.outcome(recordOutcome(record))} ${name}${grade}`
  })
  const lines = [
    style.paint('Side by side', 'bold'),
    ...cautionsOf(entries, candidates.length).flatMap(caution => wrapped(`! ${caution}`, style.width)),
    ...standings,
    '',
    ...checkColumns(
      entries.map(({ record }) => record),
      style,
    ),
  ]
  return `${lines.join('\n')}\n`
}

function isGraded({ audience = 'interviewer' }: ScorecardComparisonOptions): boolean {
  return audience === 'interviewer'
}

function entriesOf(candidates: readonly ComparedCandidate[], { rubric, anonymous }: ScorecardComparisonOptions): Entry[] {
  return candidates.slice(0, MAX_CANDIDATES).map(({ record, interview, anonymous: isOwnWish = false }, index) => {
    const hides = anonymous || isOwnWish
    return {
      name: hides ? `Candidate ${index + 1}` : truncated(plainLine(record.candidate), 40),
      record: hides ? nameless(record) : record,
      judgement: judgeRubric(rubric, record, interview),
    }
  })
}

/** What makes a comparison unfair is said before it. */
function cautionsOf(entries: readonly Entry[], given: number): string[] {
  // What could not begin has no containment to speak of.
  const differ = (value: (record: CheckRecord) => unknown): boolean =>
    new Set(entries.map(({ record }) => String(value(record))).filter(text => text !== '')).size > 1
  return [
    ...(given > entries.length ? [`Only the first ${entries.length} of ${given} candidates are shown.`] : []),
    ...(differ(record => record.seed) ? ['The seeds differ, so the provocations were not the same.'] : []),
    ...(differ(record => record.quick) ? ['Some were examined quickly and some in full.'] : []),
    ...(differ(record => record.containment) ? ['They ran under different containment.'] : []),
    ...(differ(record => record.slaMs) ? ['Their service levels differ.'] : []),
    ...entries
      .filter(({ record }) => record.status !== 'finished')
      .map(({ name, record }) => `${name}: the examination ${record.status === 'failed' ? 'could not begin' : 'was interrupted'}.`),
  ]
}

type OverviewRow = readonly [name: string, cell: (entry: Entry) => HtmlValue]

function overview(entries: readonly Entry[], withGrades: boolean): Html {
  const found = [...new Set(entries.flatMap(({ judgement }) => levelStandings(judgement.grades).map(({ level }) => level)))]
  const levels = withGrades ? found : []
  const rows: readonly OverviewRow[] = [
    ['Outcome', ({ record }) => outcomeLabel(recordOutcome(record))],
    ['Language', ({ record }) => truncated(plainLine(record.language), 40)],
    ...levels.map(level => [`Suggested, level ${level}`, (entry: Entry) => standing(entry, level)] as const),
  ]
  return section(
    'overview',
    'Overview',
    '',
    table<OverviewRow>(
      'Overview',
      [{ heading: '', cell: ([name]) => name }, ...columns<OverviewRow>(entries, ([, cell], entry) => cell(entry))],
      rows,
    ),
  )
}

function standing({ judgement }: Entry, level: string): string {
  const found = levelStandings(judgement.grades).find(one => one.level === level)
  if (judgement.suggestedGrade === null || found === undefined) return '–'
  const open = found.open.length === 0 ? '' : `${found.open.join(' and ')} open`
  if (found.reached === null) return open === '' ? `below ${found.lowest}` : open
  return open === '' ? String(found.reached) : `${found.reached}, ${open}`
}

const STATUS_TONES = { met: 'tone-pass', 'not met': 'tone-fail', open: 'tone-inconclusive', 'not observable': 'tone-unattempted' } as const

function rubricPart(entries: readonly Entry[]): Html {
  const lines = entries[0]?.judgement.lines ?? []
  const statusOf = (judged: JudgedLine, entry: Entry): HtmlValue => {
    const status = entry.judgement.lines.find(({ line }) => line.id === judged.line.id)?.status ?? 'open'
    return html`<span class="outcome ${STATUS_TONES[status]}">${status}</span>`
  }
  return section(
    'rubric',
    'The lines of the rubric',
    '',
    table<JudgedLine>(
      'Lines of the rubric',
      [{ heading: 'Line', cell: ({ line }) => line.looksFor }, ...columns(entries, statusOf)],
      lines,
    ),
  )
}

function checksPart(entries: readonly Entry[]): Html {
  const outcomes = new Map(entries.map(entry => [entry, outcomesById(entry.record.checks)]))
  const cell = (id: string, entry: Entry): HtmlValue => outcomeLabel(outcomes.get(entry)?.get(id) ?? 'not attempted')
  return section(
    'checks',
    'Every check',
    '',
    table<string>(
      'Checks',
      [{ heading: 'Check', cell: id => html`<code>${plainLine(id)}</code>` }, ...columns(entries, cell)],
      checkIds(entries),
    ),
  )
}

/** Figures that were taken of more than one candidate. */
function figuresPart(entries: readonly Entry[]): Html {
  const taken: Map<string, number>[] = entries.map(
    ({ record }) =>
      new Map(
        record.checks.flatMap(({ id, figures }) => Object.entries(figures).map(([name, value]) => [`${id}\n${name}`, value] as const)),
      ),
  )
  const counts = new Map<string, number>()
  for (const figures of taken) for (const key of figures.keys()) counts.set(key, (counts.get(key) ?? 0) + 1)
  const shared = [...counts].filter(([, count]) => count > 1).map(([key]) => key)
  if (shared.length === 0) return html``
  const cell = (key: string, entry: Entry): HtmlValue => {
    const value = taken[entries.indexOf(entry)]?.get(key)
    return value === undefined ? '–' : figureText(key.split('\n')[1] ?? '', value)
  }
  return section(
    'figures',
    'Figures',
    'As the checks took them, each on its own run.',
    table<string>(
      'Figures',
      [{ heading: 'Check', cell: key => html`<code>${plainLine(key.split('\n')[0] ?? '')}</code>` }, ...columns(entries, cell)],
      shared,
    ),
  )
}

function columns<Row>(entries: readonly Entry[], cell: (row: Row, entry: Entry) => HtmlValue): Column<Row>[] {
  return entries.map(entry => ({ heading: entry.name, cell: row => cell(row, entry) }))
}

function checkIds(entries: readonly Entry[]): string[] {
  return [...new Set(entries.flatMap(({ record }) => record.checks.map(({ id }) => id)))]
}
