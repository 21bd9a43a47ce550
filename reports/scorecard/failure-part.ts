import type { CheckEvidence, CheckRecord } from '../../harness/record/check-record.ts'
import { html, type Html } from '../page/html.ts'
import { section } from '../page/page.ts'
import { sequencePicture } from '../page/sequence-picture.ts'
import { spanPicture } from '../page/span-picture.ts'
import { behind } from '../page/table.ts'
import { outcomeMark } from '../page/verdict-mark.ts'
import { formatCount } from '../text/number-format.ts'
import { quoteForShell } from '../text/quote-for-shell.ts'
import { plainLine, plainText } from '../text/terminal-escapes.ts'
import { truncated } from '../text/truncated.ts'
import { firstError } from '../text/printed-lines.ts'
import type { CheckQuestion } from './check-question.ts'
import { figureText, findingOf, type CheckSummary } from './check-summary.ts'
import { differencesOf, excerptsFor, type Excerpt } from './difference-excerpt.ts'
import { differenceLines } from './difference-part.ts'
import { readingOf } from './picture-reading.ts'
import { causesFor, mostTellingFirst, questionFor } from './questions.ts'
import type { ScorecardOptions } from './scorecard-options.ts'
import { powerNote } from './stage-part.ts'

const MAX_FAILURES = 31
/** Checks whose joins race with each other; in the others, joins that overlap are only how the scene was set. */
const JOIN_RACES: ReadonlySet<string> = new Set(['s1.race.first-join', 's1.race.join-order', 's1.race.same-connection', 's1.race.churn'])
const MAX_MORE_PICTURES = 1
/** Where so many failed, the code stands beside the first of them only; all of it stands further down. */
const MAX_WITH_CODE = 12
const MAX_TEXT = 500
const MAX_STACKS = 6000
const MAX_PRINTED = 3000
const MAX_PRINTED_LINES = 30
const MAX_FIGURES = 16
/** A wider picture stands above the code, not beside it. */
const MAX_LANES_BESIDE = 2

const KIND_WORDS: Readonly<Record<CheckEvidence['kind'], string>> = {
  lost: 'Lost',
  duplicated: 'Duplicated',
  misdelivered: 'Stray',
  corrupted: 'Corrupted',
  history: 'History',
  census: 'Miscounted',
  garbled: 'Garbled',
  dropped: 'Dropped',
  stuck: 'Stuck',
  late: 'Late',
  growth: 'Growth',
  crash: 'Crash',
  order: 'No order',
  diverged: 'Diverged',
  resurrected: 'Resurrected',
  stale: 'Stale',
  unavailable: 'Unavailable',
}

/** Each failed check: what was done, what came, the smallest picture of it, the code beside it, and what to ask now. */
export function failurePart(record: CheckRecord, summaries: readonly CheckSummary[], options: ScorecardOptions): Html {
  const failed = summaries.filter(({ outcome }) => outcome === 'fail')
  if (failed.length === 0) return html``
  const differences = differencesOf(options.starterDiff ?? [])
  return section(
    'failures',
    failed.length === 1 ? 'The check that failed' : `The ${failed.length} checks that failed`,
    'One lane a user, time runs downwards, steps evenly spaced; what should have come and did not is marked.',
    failed
      .slice(0, MAX_FAILURES)
      .map((summary, index) => failure(record, summary, failed, options, index < MAX_WITH_CODE ? differences : [])),
  )
}

function failure(
  record: CheckRecord,
  summary: CheckSummary,
  failed: readonly CheckSummary[],
  options: ScorecardOptions,
  differences: readonly Excerpt[],
): Html {
  const question = questionFor(summary.id)
  const [first, second, ...more] = mostTellingFirst(summary.evidence)
  const excerpts = question === undefined ? [] : excerptsFor(differences, question.looksAt)
  const beside = excerpts.length > 0 && (first === undefined || isNarrow(first))
  const joins = JOIN_RACES.has(summary.id)
  const figures = Object.entries(summary.figures).slice(0, MAX_FIGURES)
  return html`<article class="failure" id="failed-${summary.id}">
    <h3 class="tone-fail">${outcomeMark('fail')} <code>${plainLine(summary.id)}</code> ${truncated(plainLine(summary.title), 200)}</h3>
    ${question !== undefined && html`<p><strong>What was done:</strong> ${question.provokes}</p>`}
    <p>
      <strong>What came:</strong> ${truncated(plainLine(findingOf(summary)), MAX_TEXT)}
      ${summary.agreement !== '' && `It failed ${summary.agreement} times.`}
      ${summary.power !== null && powerNote(summary.power, findingOf(summary))}
    </p>
    ${figures.length > 0 && html`<p class="note">Measured: ${figures.map(([name, value]) => figureText(name, value)).join(' · ')}</p>`}
    <div class="${beside && 'pair'}">
      <div>
        ${[first, second].map(piece => piece !== undefined && picture(piece, beside, joins))}
        ${more.length > 0 && behind(`${more.length} more of what this check saw`, html`${more.slice(0, MAX_MORE_PICTURES).map(piece => picture(piece, beside, joins))}`)}
      </div>
      ${
        excerpts.length > 0 &&
        html`<div>
          ${excerpts.map(
            ({ path, lines }) =>
              html`<p class="code-name"><code>${truncated(plainLine(path), 120)}</code></p>
                ${differenceLines(lines)}`,
          )}
          <p class="note">The candidate’s lines begin with +. <a href="#difference">The whole difference</a></p>
        </div>`
      }
    </div>
    ${options.audience === 'interviewer' && question !== undefined && forInterviewer(summary, question, failed)}
    ${stacksOf(record, summary.id)}${printedOf(record, summary.id)} ${replayNote(record, summary.id)}
    ${!options.anonymous && html`<p class="note">Again: <code>assay check ${quoteForShell(truncated(plainLine(record.target), 200))} --only ${plainLine(summary.id)}${record.quick ? ' --quick' : ''} --seed ${record.seed}</code></p>`}
  </article>`
}

/** Bars of operations need the whole width. */
function isNarrow({ lanes, spans = [] }: CheckEvidence): boolean {
  return lanes.length <= MAX_LANES_BESIDE && spans.length === 0
}

/** What the threads of a stuck server were at, as far as a reader goes; check.json has all of it. */
function stacksOf(record: CheckRecord, id: string): Html {
  const { stacks } = record.checks.find(check => check.id === id && check.stacks !== undefined) ?? {}
  if (stacks === undefined) return html``
  return behind('What its threads were at when it was stuck', html`<pre class="output">${truncated(plainText(stacks), MAX_STACKS)}</pre>`)
}

/** What it printed meanwhile, from the first line that tells of an error, where one does; check.json has more. */
function printedOf(record: CheckRecord, id: string): Html {
  const { printed } = record.checks.find(check => check.id === id && check.printed !== undefined) ?? {}
  if (printed === undefined) return html``
  const lines = plainText(printed).split('\n')
  const from = firstError(lines)
  const heading = from === null ? 'What it printed meanwhile' : 'What it printed meanwhile, from its first error on'
  return behind(heading, html`<pre class="output">${truncated(lines.slice(from ?? -MAX_PRINTED_LINES).join('\n'), MAX_PRINTED)}</pre>`)
}

function replayNote(record: CheckRecord, id: string): Html {
  if (!record.checks.some(check => check.id === id && check.interleaving !== undefined)) return html``
  return html`<p class="note">
    As small as it gets, and how often it shows: <code>assay replay check.json#${plainLine(id)}</code>, in the folder of this page
  </p>`
}

function picture(piece: CheckEvidence, narrow: boolean, joins: boolean): Html {
  const text = truncated(plainLine(piece.text), MAX_TEXT)
  const times = piece.occurrences > 1 ? ` The smallest of ${formatCount(piece.occurrences)} of its kind.` : ''
  const reading = readingOf(piece, joins).join(' ')
  return sequencePicture({
    caption: html`<span class="chip tone-fail">${KIND_WORDS[piece.kind]}</span
      >${text}${times}${reading !== '' && html`<br /><span class="note">${reading}</span>`}`,
    summary: `${KIND_WORDS[piece.kind]}: ${text}${times} ${reading}`.trim(),
    narrow,
    ...(piece.spans === undefined || piece.spans.length === 0 ? {} : { chart: spanPicture(piece) }),
    lanes: piece.lanes,
    events: piece.events,
  })
}

/** A member that a race of joins loses is missing in every other check too. */
function raceBehind(summary: CheckSummary, failed: readonly CheckSummary[]): Html | null {
  const isLoss = summary.evidence.some(isMemberLost)
  const race = failed.find(({ id, evidence }) => JOIN_RACES.has(id) && evidence.some(isMemberLost))
  if (!isLoss || race === undefined || JOIN_RACES.has(summary.id)) return null
  return html`<a href="#failed-${race.id}"><code>${race.id}</code></a> failed too: a member lost in that race is missing here as well. Mend
    it first, then see whether this check still fails.`
}

function isMemberLost({ kind }: Pick<CheckEvidence, 'kind'>): boolean {
  return kind === 'lost' || kind === 'census'
}

function forInterviewer(summary: CheckSummary, question: CheckQuestion, failed: readonly CheckSummary[]): Html {
  const causes = causesFor(question, summary.evidence)
  const race = raceBehind(summary, failed)
  return html`<p class="causes-title">What usually stands behind this, likeliest first</p>
    <ol class="plain">
      ${race !== null && html`<li>${race}</li>`} ${causes.map(({ text }) => html`<li>${text}</li>`)}
    </ol>
    <details class="question">
      <summary>A question to ask now, and what a good answer holds</summary>
      <blockquote>${question.question}</blockquote>
      <ul class="plain">
        ${question.goodAnswer.map(part => html`<li>${part}</li>`)}
      </ul>
    </details>`
}
