import { levelStandings, type JudgedGrade, type LevelStanding, type RubricJudgement } from '../../harness/judge/rubric-judgement.ts'
import type { CheckRecord } from '../../harness/record/check-record.ts'
import { html, type Html } from '../page/html.ts'
import { section } from '../page/page.ts'
import { verdictBanner } from '../page/verdict-banner.ts'
import { formatCount, formatDuration, formatPlural } from '../text/number-format.ts'
import { plainLine } from '../text/terminal-escapes.ts'
import { truncated } from '../text/truncated.ts'
import { findingOf, recordOutcome, type CheckSummary } from './check-summary.ts'
import type { ScorecardOptions } from './scorecard-options.ts'

const MAX_REASON = 400
/** What a check says that the command had left out. */
const NOT_ASKED = /^Not asked for/
const WHAT: Readonly<Record<CheckRecord['exercise'], string>> = { chat: 'a chat server', kv: 'a key-value store' }

/** The top of the scorecard: who, whether the examination came to its end, what failed, and the suggested grade. */
export function headPart(
  record: CheckRecord,
  summaries: readonly CheckSummary[],
  judgement: RubricJudgement,
  options: ScorecardOptions,
): Html {
  return html`<header class="masthead">
      <h1>
        ${truncated(plainLine(record.candidate), 120)} <span>${WHAT[record.exercise]} in ${truncated(plainLine(record.language), 40)}</span>
      </h1>
      <p>
        ${record.transport} · ${kindOf(record)}, ${formatDuration(record.durationMs)} · seed ${record.seed} ·
        <time datetime="${record.startedAt}">${record.startedAt.slice(0, 16).replace('T', ' ')} UTC</time>
      </p>
    </header>
    ${unfinished(record)} ${banner(record, summaries, judgement, options)} ${tally(summaries)}`
}

/** Which of its examinations the exercise was put through. */
function kindOf({ checks, quick }: CheckRecord): string {
  const asked = new Set(checks.filter(({ outcome, reason }) => outcome !== 'not attempted' || !NOT_ASKED.test(reason)).map(({ id }) => id))
  const all = new Set(checks.map(({ id }) => id))
  const kind = quick ? 'quick examination' : 'full examination'
  if (quick || asked.size === all.size) return kind
  return `${formatCount(asked.size)} of ${formatPlural(all.size, 'check')}`
}

function unfinished({ status, statusText }: CheckRecord): Html | false {
  if (status === 'finished') return false
  const lead = status === 'failed' ? 'Not examined.' : 'Not a full examination.'
  return html`<p class="notice ${status === 'failed' && 'fail'}" role="note">
    <strong>${lead}</strong> ${truncated(plainLine(statusText), 2000)}
  </p>`
}

function banner(
  record: CheckRecord,
  summaries: readonly CheckSummary[],
  { grades, suggestedGrade }: RubricJudgement,
  { interview }: ScorecardOptions,
): Html {
  const standings = levelStandings(grades)
  const [first] = standings
  const own = interview?.grade ?? null
  return verdictBanner(recordOutcome(record), reasonsOf(record, summaries), {
    figure: first === undefined || suggestedGrade === null ? '–' : figureOf(first),
    unit: '',
    what: first === undefined ? 'no grade' : `suggested grade, level ${first.level}`,
    beside: suggestedGrade === null ? 'Too little was observed for a grade.' : standings.map(besideOf).join(' '),
    picture: own !== null && html`<p class="what">The interviewer gave ${truncated(plainLine(own), 100)}.</p>`,
  })
}

function reasonsOf(record: CheckRecord, summaries: readonly CheckSummary[]): string[] {
  const required = summaries.filter(({ isDistinction }) => !isDistinction)
  const failed = required.filter(({ outcome }) => outcome === 'fail')
  if (failed.length > 0) return failed.map(summary => `${summary.id}: ${truncated(plainLine(findingOf(summary)), MAX_REASON)}`)
  const undecided = required.filter(({ outcome }) => outcome === 'inconclusive')
  if (undecided.length > 0) return undecided.map(({ id, reason }) => `${id}: ${truncated(plainLine(reason), MAX_REASON)}`)
  if (record.status !== 'finished') return [truncated(plainLine(record.statusText), MAX_REASON)]
  const passed = summaries.filter(({ outcome }) => outcome === 'pass').length
  const unattempted = summaries.filter(({ outcome }) => outcome === 'not attempted').length
  const missed = summaries.filter(({ outcome, isDistinction }) => isDistinction && (outcome === 'fail' || outcome === 'inconclusive'))
  const none = missed.length === 0 ? 'none failed' : 'none that is required failed'
  return [
    `${formatPlural(passed, 'check')} passed${unattempted === 0 ? '' : `, ${unattempted} not attempted`}; ${none}.`,
    ...missed.map(({ id, reason }) => `${id} (a distinction, not required): ${truncated(plainLine(reason), MAX_REASON)}`),
  ]
}

function figureOf({ reached, open, lowest }: LevelStanding): string {
  if (reached !== null) return String(reached)
  return open.length > 0 ? 'open' : `below ${lowest}`
}

function besideOf(standing: LevelStanding, index: number): string {
  const { level, reached, open } = standing
  const waiting = open.length === 0 ? '' : `the interviewer decides on ${open.join(' and ')}`
  if (index === 0) return waiting === '' ? '' : `Level ${level}: ${waiting}.`
  return `Level ${level}: ${reached === null && waiting !== '' ? waiting : figureOf(standing)}${reached !== null && waiting !== '' ? `, ${waiting}` : ''}.`
}

function tally(summaries: readonly CheckSummary[]): Html {
  const outcomes = [
    ['pass', 'passed'],
    ['fail', 'failed'],
    ['inconclusive', 'inconclusive'],
    ['not attempted', 'not attempted'],
  ] as const
  return html`<dl class="tally">
    ${outcomes.map(([outcome, word]) => {
      const count = summaries.filter(summary => summary.outcome === outcome).length
      return html`<div class="${outcome === 'fail' && count > 0 && 'bad'}">
        <dt>${word}</dt>
        <dd>${count}</dd>
      </div>`
    })}
  </dl>`
}

const STANDING_WORDS: Readonly<Record<JudgedGrade['standing'], readonly [word: string, tone: string]>> = {
  reached: ['Reached', 'tone-pass'],
  open: ['Open', 'tone-inconclusive'],
  'not reached': ['Not reached', 'tone-fail'],
}

/** Each grade of the rubric, whether it is reached, and why. */
export function gradePart({ grades }: RubricJudgement): Html {
  return section(
    'grade',
    'The grade and why',
    'Suggested from the lines of the rubric. What was not asked for lowers nothing; what is open is the interviewer’s to say.',
    html`${grades.map(({ grade, standing, reasons }) => {
      const [word, tone] = STANDING_WORDS[standing]
      return html`<h3><span class="chip ${tone}">${word}</span> Level ${grade.level}, grade ${grade.grade}</h3>
        <p class="note">${grade.means}</p>
        ${
          reasons.length > 0 &&
          html`<ul class="plain">
            ${reasons.map(reason => html`<li>${truncated(plainLine(reason), MAX_REASON)}</li>`)}
          </ul>`
        }`
    })}`,
  )
}
