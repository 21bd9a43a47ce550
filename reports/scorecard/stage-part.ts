import type { JudgedLine, LineStatus, RubricJudgement } from '../../harness/judge/rubric-judgement.ts'
import type { CheckPower } from '../../harness/record/check-record.ts'
import { html, type Html, type HtmlValue } from '../page/html.ts'
import { section } from '../page/page.ts'
import { table } from '../page/table.ts'
import { outcomeLabel } from '../page/verdict-mark.ts'
import { formatCount } from '../text/number-format.ts'
import { plainLine } from '../text/terminal-escapes.ts'
import { truncated } from '../text/truncated.ts'
import { figureText, stagesOf, type CheckSummary } from './check-summary.ts'
import type { ScorecardOptions } from './scorecard-options.ts'

const MAX_REASON = 500
const MAX_FIGURES = 12

const STATUS_TONES: Readonly<Record<LineStatus, string>> = {
  met: 'tone-pass',
  'not met': 'tone-fail',
  open: 'tone-inconclusive',
  'not observable': 'tone-unattempted',
}
const DECIDERS = { assay: 'Assay', interviewer: 'the interviewer', either: 'either' } as const

/** Stage by stage: the lines of the rubric, and every check with what it found. */
export function stageParts(summaries: readonly CheckSummary[], { lines }: RubricJudgement, options: ScorecardOptions): Html[] {
  const forCandidate = options.audience === 'candidate'
  const before = lines.filter(({ line }) => line.stage === 'before')
  const parts = stagesOf(options.rubric.exercise).map(([stage, title]) => {
    const ofStage = lines.filter(({ line }) => line.stage === stage || (stage === '1' && line.stage === 'follow-up'))
    const checks = summaries.filter(summary => summary.stage === stage)
    if (checks.length === 0 && (forCandidate || ofStage.length === 0)) return html``
    const content = html`${!forCandidate && ofStage.length > 0 && lineTable(title, ofStage)}
    ${checks.length > 0 && checkTable(title, checks)}`
    return section(`stage-${stage}`, title, '', content)
  })
  if (forCandidate || before.length === 0) return parts
  return [section('stage-before', 'Before the first line', '', lineTable('Before the first line', before)), ...parts]
}

function lineTable(title: string, lines: readonly JudgedLine[]): Html {
  return table<JudgedLine>(
    `${title}: lines of the rubric`,
    [
      { heading: 'Line', cell: ({ line }) => html`${line.looksFor}<br /><span class="note"><code>${line.id}</code></span>` },
      { heading: 'Counts for', cell: ({ line }) => `level ${line.level}, ${line.grade}${line.need === 'must' ? '' : `, ${line.need}`}` },
      { heading: 'Status', cell: ({ status }) => html`<span class="outcome ${STATUS_TONES[status]}">${status}</span>` },
      { heading: 'Decides', cell: ({ line }) => DECIDERS[line.decides] },
      { heading: 'Why', cell: ({ reason }) => truncated(plainLine(reason), MAX_REASON) },
    ],
    lines,
  )
}

function checkTable(title: string, checks: readonly CheckSummary[]): Html {
  return table<CheckSummary>(
    `${title}: checks`,
    [
      {
        heading: 'Check',
        cell: ({ id, title: proves }) => html`<code>${plainLine(id)}</code><br /><span class="note">${plainLine(proves)}</span>`,
      },
      { heading: 'Outcome', cell: outcomeCell },
      { heading: 'What was found', cell: foundCell },
    ],
    checks,
  )
}

function outcomeCell({ id, outcome, agreement }: CheckSummary): HtmlValue {
  const label = outcome === 'fail' ? html`<a href="#failed-${id}">${outcomeLabel(outcome)}</a>` : outcomeLabel(outcome)
  return html`${label}${agreement !== '' && html`<br /><span class="note">${agreement} times</span>`}`
}

function foundCell({ reason, power, figures }: CheckSummary): HtmlValue {
  const shown = Object.entries(figures).slice(0, MAX_FIGURES)
  return html`${truncated(plainLine(reason), MAX_REASON)} ${power !== null && powerNote(power, reason)}
  ${shown.length > 0 && html`<br /><span class="note">${shown.map(([name, value]) => figureText(name, value)).join(' · ')}</span>`}`
}

/**
 * What was offered, and what the controls of the language made of the same: a pass of a race check means no more than this. `said` stands before
 * it, and is not said again.
 */
export function powerNote({ statement, firstFailureSeconds, control }: CheckPower, said: string): Html {
  const notes = [
    ...(firstFailureSeconds === null ? [] : [`It first failed after ${firstFailureSeconds.toFixed(1)} s.`]),
    ...(control === null ? [] : [controlText(control)]),
  ]
  return html`${!said.includes(statement) && html`<br /><span class="power">${truncated(plainLine(statement), MAX_REASON)}</span>`}
  ${notes.length > 0 && html`<br /><span class="note">${truncated(notes.join(' '), MAX_REASON)}</span>`}`
}

function controlText({ firstFailureSeconds, rightFailedBatches, rightBatches }: NonNullable<CheckPower['control']>): string {
  const first = firstFailureSeconds === null ? '' : `The racy control first failed after ${firstFailureSeconds.toFixed(1)} s; `
  const right = `${first}the right one failed ${formatCount(rightFailedBatches)} of ${formatCount(rightBatches)} batches.`
  return right.charAt(0).toUpperCase() + right.slice(1)
}
