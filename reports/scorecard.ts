import { judgeRubric } from '../harness/judge/rubric-judgement.ts'
import type { CheckRecord } from '../harness/record/check-record.ts'
import { html, type Html } from './page/html.ts'
import { renderPage } from './page/page.ts'
import { outcomeLook } from './page/verdict-mark.ts'
import { aiUsePart, conditionsPart, interviewPart, outputPart, promptsPart } from './scorecard/background-parts.ts'
import { recordOutcome, stagesOf, summariesOf, type CheckSummary } from './scorecard/check-summary.ts'
import { differencePart } from './scorecard/difference-part.ts'
import { failurePart } from './scorecard/failure-part.ts'
import { gradePart, headPart } from './scorecard/grade-part.ts'
import { nameless } from './scorecard/nameless.ts'
import type { ScorecardOptions } from './scorecard/scorecard-options.ts'
import { stageParts } from './scorecard/stage-part.ts'
import { plainLine } from './text/terminal-escapes.ts'
import { truncated } from './text/truncated.ts'

/**
 * An examination as one HTML file that needs no network and no script: the grade and why, each failure with its smallest picture and the
 * code beside it, then everything stage by stage. Each part bounds what it shows. Pure: equal bytes for equal input.
 */
export function renderScorecard(original: CheckRecord, options: ScorecardOptions): string {
  const record = options.anonymous ? nameless(original) : original
  const interviewer = options.audience === 'interviewer'
  const summaries = summariesOf(record)
  const judgement = judgeRubric(options.rubric, record, options.interview)
  const { word, sign, colour } = outcomeLook(recordOutcome(record))
  const changed = options.starterDiff ?? []
  return renderPage({
    title: `${word}: ${truncated(plainLine(record.candidate), 80)} · Assay scorecard`,
    icon: { sign, colour },
    charts: false,
    body: html`${headPart(record, summaries, judgement, options)} ${contents(summaries, options)} ${failurePart(record, summaries, options)}
      ${interviewer && gradePart(judgement)} ${stageParts(summaries, judgement, options)} ${aiUsePart(options)}
      ${interviewer && promptsPart(options.sourcePrompts ?? [])}
      ${interviewer && options.interview !== undefined && options.interview !== null && interviewPart(options.interview)}
      ${changed.length > 0 && differencePart(changed)} ${outputPart(record)} ${conditionsPart(record, options)}
      <footer class="page-foot">Made by Assay from check.json. Nothing on this page was loaded from anywhere.</footer>`,
  })
}

function contents(summaries: readonly CheckSummary[], { audience, rubric, starterDiff = [], aiUse }: ScorecardOptions): Html {
  const links: (readonly [id: string, label: string] | false)[] = [
    summaries.some(({ outcome }) => outcome === 'fail') && ['failures', 'What failed'],
    audience === 'interviewer' && ['grade', 'The grade and why'],
    ...stagesOf(rubric.exercise).map(
      ([stage, title]) => summaries.some(summary => summary.stage === stage) && ([`stage-${stage}`, title] as const),
    ),
    aiUse !== undefined && ['ai-use', 'Help by an AI'],
    starterDiff.length > 0 && ['difference', 'What was handed in'],
    ['conditions', 'Conditions'],
  ]
  return html`<nav class="contents" aria-label="Contents">
    ${links.map(link => link !== false && html`<a href="#${link[0]}">${link[1]}</a>`)}
  </nav>`
}
