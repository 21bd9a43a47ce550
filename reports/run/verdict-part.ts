import type { KvRun, RunRecord, RunSummary } from '../../harness/record/run-record.ts'
import { html, type Html } from '../page/html.ts'
import { gauge, verdictBanner } from '../page/verdict-banner.ts'
import { formatCount, formatMs, formatPlural, msDigits } from '../text/number-format.ts'
import { plainLine } from '../text/terminal-escapes.ts'
import { truncated } from '../text/truncated.ts'
import { limitsMs } from './run-limits.ts'
import { runReasons, unfinishedText } from './run-reasons.ts'
import { runWords } from './run-words.ts'

/** The top of the page: what was examined, whether the run came to its end, the verdict, and the counts that must be zero. */
export function verdictPart(record: RunRecord): Html {
  const unfinished = unfinishedText(record)
  return html`${masthead(record)}
  ${
    unfinished !== '' &&
    html`<p class="notice ${record.status === 'failed' && 'fail'}" role="note">
      <strong>Not a full run.</strong> ${unfinished} What was measured until then is below.
    </p>`
  }
  ${banner(record)} ${tally(record)}`
}

function masthead(record: RunRecord): Html {
  const name = truncated(plainLine(record.candidate.name), 120)
  const { users } = record
  return html`<header class="masthead">
    <h1>${name} <span>under ${truncated(plainLine(record.scenario.name), 80)}</span></h1>
    <p>
      ${
        record.kv === undefined
          ? `${formatPlural(users.planned, 'user')}, ${formatPlural(users.channels, 'channel')}`
          : `${formatPlural(record.kv.nodes.length, 'node')}, ${formatPlural(record.kv.keys, 'key')}`
      }
      · ${record.candidate.transport} · seed ${record.seed} ·
      <time datetime="${record.startedAt}">${record.startedAt.slice(0, 16).replace('T', ' ')} UTC</time>
    </p>
  </header>`
}

function banner(record: RunRecord): Html {
  const { completionMs, lateCompletions, verdict } = record.summary
  const measured = completionMs.count > 0
  const words = runWords(record)
  const late = lateCompletions > 0 ? ` ${formatPlural(lateCompletions, ...words.message)} took longer.` : ''
  return verdictBanner(verdict, runReasons(record), {
    figure: measured ? msDigits(completionMs.p99, limitsMs(record)) : '–',
    unit: measured ? 'ms' : '',
    what: words.headline,
    beside: measured
      ? `99 of 100 ${words.hadDone}; the SLA allows ${formatMs(record.slaMs)}.${late}`
      : `No ${words.message[0]} was measured; the SLA allows ${formatMs(record.slaMs)}.`,
    picture: measured && gauge(completionMs.p99, record.slaMs, `SLA ${formatMs(record.slaMs)}`),
  })
}

type Count = readonly [name: string, count: number, bad: boolean]

function tally({ summary, kv }: RunRecord): Html {
  const counts = kv === undefined ? chatCounts(summary) : kvCounts(summary, kv)
  return html`<dl class="tally">
    ${counts.map(
      ([name, count, bad]) =>
        html`<div class="${bad && 'bad'}">
          <dt>${name}</dt>
          <dd>${formatCount(count)}</dd>
        </div>`,
    )}
  </dl>`
}

function kvCounts({ deliveries }: RunSummary, { failed, wrong, diverged, superseded, unavailable, retries }: KvRun): Count[] {
  return [
    ['answers', deliveries, false],
    ['failed', failed, failed > 0],
    ['wrong', wrong, wrong > 0],
    ['diverged', diverged ?? 0, (diverged ?? 0) > 0],
    ['superseded', superseded ?? 0, (superseded ?? 0) > 0],
    ['unavailable', unavailable, false],
    ['tried again', retries, false],
  ]
}

function chatCounts(summary: RunSummary): Count[] {
  return [
    ['deliveries', summary.deliveries, false],
    ['lost', summary.lost, summary.lost > 0],
    ['duplicated', summary.duplicated, summary.duplicated > 0],
    ['stray', summary.misdelivered, summary.misdelivered > 0],
    ['corrupted', summary.corrupted, summary.corrupted > 0],
    ['garbled', summary.garbled, summary.garbled > 0],
    ['dropped', summary.dropped, summary.dropped > 0],
    ['shed', summary.shed, false],
  ]
}
