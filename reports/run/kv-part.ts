import type { KvRun, RunRecord } from '../../harness/record/run-record.ts'
import { html, type Html } from '../page/html.ts'
import { facts, section } from '../page/page.ts'
import { behind, table } from '../page/table.ts'
import { formatCount, formatDuration, msDigits } from '../text/number-format.ts'
import { plainLine, plainText } from '../text/terminal-escapes.ts'
import { truncated } from '../text/truncated.ts'
import { limitsMs } from './run-limits.ts'

const MAX_SCENARIO = 20_000
const MAX_ROWS = 100
const EVENT_WORDS = { killed: 'killed (kill -9)', paused: 'paused (SIGSTOP)', back: 'serves again' } as const

/** What a run asked of a store, node by node and phase by phase, and what happened to its nodes. */
export function kvPart(record: RunRecord, kv: KvRun): Html {
  const about = truncated(plainLine(record.scenario.about), 600)
  const scenario = truncated(plainText(JSON.stringify(record.scenario, null, 2)), MAX_SCENARIO)
  return section(
    'asked',
    'Asked and answered',
    about,
    html`${facts([
      ['Requests', `${formatCount(record.summary.messages)}, ${formatCount(record.summary.deliveries)} answered`],
      ['Answers a second', `${formatCount(Math.round(kv.answeredPerSecond))} over the measured phases`],
      ['Tried again', `${formatCount(kv.retries)} times, on another node`],
      ['Unavailable (503)', `${formatCount(kv.unavailable)} times`],
      ['Keys', formatCount(kv.keys)],
      ['Nodes agree', agreement(kv)],
    ])}
    ${operations(record, kv)} ${nodes(kv)} ${kv.events.length > 0 && events(kv)} ${record.phases.length > 0 && phases(record)}
    ${behind('The scenario as it was played', html`<pre class="output">${scenario}</pre>`)}`,
  )
}

function agreement({ diverged, superseded }: KvRun): string {
  if (diverged === null || superseded === null) return 'not looked at in this run'
  if (diverged + superseded === 0) return 'on every key that was written, and no value had been replaced'
  return `not on ${formatCount(diverged)} keys; ${formatCount(superseded)} keys hold a value that had been replaced`
}

function operations(record: RunRecord, { operations }: KvRun): Html {
  const limits = limitsMs(record)
  const digits = ({ latencyMs }: KvRun['operations'][number], value: number) => (latencyMs.count === 0 ? '–' : msDigits(value, limits))
  return table(
    'Requests by kind, from due to answered, in the measured phases',
    [
      { heading: 'Kind', cell: operation => operation.kind },
      { heading: 'Answered', numeric: true, cell: operation => formatCount(operation.answered) },
      { heading: 'p50, ms', numeric: true, cell: operation => digits(operation, operation.latencyMs.p50) },
      { heading: 'p99, ms', numeric: true, cell: operation => digits(operation, operation.latencyMs.p99) },
      { heading: 'max, ms', numeric: true, cell: operation => digits(operation, operation.latencyMs.max) },
    ],
    operations,
  )
}

function nodes({ nodes }: KvRun): Html {
  return table(
    'Tries by node, the reading at the end included',
    [
      { heading: 'Node', cell: node => truncated(plainLine(node.name), 40) },
      { heading: 'Address', cell: node => truncated(plainLine(node.url), 80) },
      { heading: 'Tries', numeric: true, cell: node => formatCount(node.tries) },
      { heading: 'Answered', numeric: true, cell: node => formatCount(node.answered) },
      { heading: 'Unavailable', numeric: true, cell: node => formatCount(node.unavailable) },
      { heading: 'Broken', numeric: true, cell: node => formatCount(node.broken) },
    ],
    nodes.slice(0, MAX_ROWS),
  )
}

function events({ events }: KvRun): Html {
  return table(
    'What happened to nodes',
    [
      { heading: 'At', numeric: true, cell: event => `${(event.atMs / 1000).toFixed(1)} s` },
      { heading: 'Node', cell: event => truncated(plainLine(event.node), 40) },
      { heading: 'What', cell: event => EVENT_WORDS[event.kind] },
    ],
    events.slice(0, MAX_ROWS),
  )
}

function phases(record: RunRecord): Html {
  const limits = limitsMs(record)
  return table(
    'Phases',
    [
      {
        heading: 'Phase',
        cell: phase => html`${truncated(plainLine(phase.name), 60)} ${!phase.measured && html`<span class="note">not measured</span>`}`,
      },
      { heading: 'Lasts', numeric: true, cell: phase => formatDuration(phase.endMs - phase.startMs) },
      { heading: 'Requests', numeric: true, cell: phase => formatCount(phase.sentMessages) },
      {
        heading: 'p50, ms',
        numeric: true,
        cell: phase => (phase.completionMs.count === 0 ? '–' : msDigits(phase.completionMs.p50, limits)),
      },
      {
        heading: 'p99, ms',
        numeric: true,
        cell: phase => (phase.completionMs.count === 0 ? '–' : msDigits(phase.completionMs.p99, limits)),
      },
      {
        heading: 'max, ms',
        numeric: true,
        cell: phase => (phase.completionMs.count === 0 ? '–' : msDigits(phase.completionMs.max, limits)),
      },
    ],
    record.phases,
  )
}
