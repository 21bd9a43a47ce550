import type { RunRecord } from '../../harness/record/run-record.ts'
import { html, type Html } from '../page/html.ts'
import { gauge, verdictBanner } from '../page/verdict-banner.ts'
import { formatCount, formatMs, formatPlural, msDigits } from '../text/number-format.ts'
import { plainLine } from '../text/terminal-escapes.ts'
import { truncated } from '../text/truncated.ts'
import { limitsMs } from './run-limits.ts'
import { runReasons, unfinishedText } from './run-reasons.ts'

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
      ${formatPlural(users.planned, 'user')}, ${formatPlural(users.channels, 'channel')} · ${record.candidate.transport} · seed
      ${record.seed} ·
      <time datetime="${record.startedAt}">${record.startedAt.slice(0, 16).replace('T', ' ')} UTC</time>
    </p>
  </header>`
}

function banner(record: RunRecord): Html {
  const { completionMs, lateCompletions, verdict } = record.summary
  const measured = completionMs.count > 0
  const late = lateCompletions > 0 ? ` ${formatPlural(lateCompletions, 'message')} took longer.` : ''
  return verdictBanner(verdict, runReasons(record), {
    figure: measured ? msDigits(completionMs.p99, limitsMs(record)) : '–',
    unit: measured ? 'ms' : '',
    what: 'p99 completion: to the last recipient',
    beside: measured
      ? `99 of 100 messages had reached everyone by then; the SLA allows ${formatMs(record.slaMs)}.${late}`
      : `No message was measured; the SLA allows ${formatMs(record.slaMs)}.`,
    picture: measured && gauge(completionMs.p99, record.slaMs, `SLA ${formatMs(record.slaMs)}`),
  })
}

function tally({ summary }: RunRecord): Html {
  const counts: readonly (readonly [name: string, count: number, bad: boolean])[] = [
    ['deliveries', summary.deliveries, false],
    ['lost', summary.lost, summary.lost > 0],
    ['duplicated', summary.duplicated, summary.duplicated > 0],
    ['stray', summary.misdelivered, summary.misdelivered > 0],
    ['corrupted', summary.corrupted, summary.corrupted > 0],
    ['garbled', summary.garbled, summary.garbled > 0],
    ['dropped', summary.dropped, summary.dropped > 0],
    ['shed', summary.shed, false],
  ]
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
