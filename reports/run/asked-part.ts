import type { PhaseResult, RunRecord } from '../../harness/record/run-record.ts'
import { html, type Html } from '../page/html.ts'
import { facts, section } from '../page/page.ts'
import { behind, table } from '../page/table.ts'
import { formatCount, formatDuration, formatMs, formatPlural, formatShare, msDigits } from '../text/number-format.ts'
import { plainLine, plainText } from '../text/terminal-escapes.ts'
import { truncated } from '../text/truncated.ts'
import { limitsMs } from './run-limits.ts'

const MAX_SCENARIO = 20_000

/** What the scenario asked for beside what was achieved. */
export function askedPart(record: RunRecord): Html {
  const { summary, users } = record
  const about = truncated(plainLine(record.scenario.about), 600)
  const scenario = truncated(plainText(JSON.stringify(record.scenario, null, 2)), MAX_SCENARIO)
  return section(
    'asked',
    'Asked and achieved',
    about,
    html`${facts([
      ['Users joined', html`${formatCount(users.joined)} of ${formatCount(users.planned)}`],
      ['Memberships', `${formatCount(users.memberships)} in ${formatPlural(users.channels, 'channel')}`],
      ['Messages sent', unsentBeside(record)],
      ['Deliveries read', `${formatCount(summary.deliveries)}; the rule expects ${formatCount(summary.expectedDeliveries)}`],
      ['Joining took', summary.joinMs.count === 0 ? '–' : `p50 ${formatMs(summary.joinMs.p50)}, p99 ${formatMs(summary.joinMs.p99)}`],
      ['Late completions', `${formatCount(summary.lateCompletions)} beyond ${formatMs(record.slaMs)}`],
    ])}
    ${record.phases.length > 0 && phaseTable(record)}
    ${behind('The scenario as it was played', html`<pre class="output">${scenario}</pre>`)}`,
  )
}

function unsentBeside({ summary }: RunRecord): string {
  const unsent = summary.generator.unsent
  return unsent === 0
    ? formatCount(summary.messages)
    : `${formatCount(summary.messages)}; ${formatCount(unsent)} due in overload were dropped unsent`
}

function phaseTable(record: RunRecord): Html {
  const limits = limitsMs(record)
  const digits = (value: number, phase: PhaseResult) => (phase.completionMs.count === 0 ? '–' : msDigits(value, limits))
  return table<PhaseResult>(
    'Phases',
    [
      {
        heading: 'Phase',
        cell: phase => html`${truncated(plainLine(phase.name), 60)} ${!phase.measured && html`<span class="note">not measured</span>`}`,
      },
      { heading: 'Lasts', numeric: true, cell: phase => formatDuration(phase.endMs - phase.startMs) },
      { heading: 'Planned', numeric: true, cell: phase => formatCount(phase.plannedMessages) },
      { heading: 'Sent', numeric: true, cell: phase => sentBesidePlanned(phase) },
      { heading: 'Completion p50, ms', numeric: true, cell: phase => digits(phase.completionMs.p50, phase) },
      { heading: 'p99, ms', numeric: true, cell: phase => digits(phase.completionMs.p99, phase) },
      { heading: 'max, ms', numeric: true, cell: phase => digits(phase.completionMs.max, phase) },
    ],
    record.phases,
  )
}

function sentBesidePlanned({ sentMessages, plannedMessages }: PhaseResult): string {
  if (sentMessages === plannedMessages || plannedMessages === 0) return formatCount(sentMessages)
  return `${formatCount(sentMessages)} (${formatShare(sentMessages / plannedMessages)})`
}
