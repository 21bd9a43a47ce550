import type { CohortResult, KvRun, Percentiles, RunRecord, RunSummary } from '../harness/record/run-record.ts'
import { limitsMs } from './run/run-limits.ts'
import { runReasons, unfinishedText } from './run/run-reasons.ts'
import { runWords } from './run/run-words.ts'
import { formatBytes, formatCount, formatMs, formatPlural, formatShare, msDigits } from './text/number-format.ts'
import { plainLine } from './text/terminal-escapes.ts'
import { columnsOf, terminalStyle, type TerminalOptions, type TerminalStyle } from './text/terminal-style.ts'
import { terminalTable } from './text/terminal-table.ts'
import { truncated } from './text/truncated.ts'
import { wrapped } from './text/wrapped.ts'

const LABEL_WIDTH = 12
const MAX_REASONS = 8
const MAX_COHORTS = 8

/**
 * A run's outcome for a terminal: the verdict, why, and the table that matters. Every line fits the width; nothing that a candidate named
 * or printed reaches the terminal as an escape. Ends with a line end.
 */
export function renderRunText(record: RunRecord, options: TerminalOptions): string {
  const style = terminalStyle(options)
  const lines = [
    ...heading(record, style),
    '',
    ...reasonLines(record, style),
    '',
    ...latencyLines(record, style),
    '',
    ...factLines(record, style),
  ]
  return `${lines.join('\n')}\n`
}

function heading(record: RunRecord, style: TerminalStyle): string[] {
  const { completionMs, verdict } = record.summary
  const subject = `${truncated(plainLine(record.candidate.name), 60)} under ${truncated(plainLine(record.scenario.name), 40)}`
  const figure = completionMs.count === 0 ? 'not measured' : formatMs(completionMs.p99, limitsMs(record))
  const unfinished = unfinishedText(record)
  return [
    style.outcome(verdict),
    ...wrapped(subject, style.width).map(line => style.paint(line, 'bold')),
    `${record.kv === undefined ? 'p99 to the last recipient' : 'p99 from due to answered'} ${style.paint(figure, 'bold')}, SLA ${formatMs(record.slaMs)}`,
    ...(unfinished === '' ? [] : wrapped(`! ${unfinished}`, style.width).map(line => style.paint(line, 'bold', 'yellow'))),
  ]
}

function reasonLines(record: RunRecord, style: TerminalStyle): string[] {
  const reasons = runReasons(record)
  const shown = reasons.slice(0, MAX_REASONS)
  const more = reasons.length > shown.length ? [`${reasons.length - shown.length} more reasons are in the report.`] : []
  return [...shown, ...more].flatMap(reason => wrapped(reason, style.width - 2).map((line, index) => `${index === 0 ? '•' : ' '} ${line}`))
}

function latencyLines(record: RunRecord, style: TerminalStyle): string[] {
  const limits = limitsMs(record)
  const row = (name: string, { count, p50, p90, p99, p999, max }: Percentiles) => [
    name,
    ...[p50, p90, p99, p999, max].map(ms => (count === 0 ? '–' : msDigits(ms, limits))),
    ...(style.width < 70 ? [] : [formatCount(count)]),
  ]
  const samples = style.width < 70 ? [] : ['samples']
  const [head = '', ...rows] = terminalTable([
    ['latency, ms', 'p50', 'p90', 'p99', 'p99.9', 'max', ...samples],
    row(runWords(record).completion, record.summary.completionMs),
    row(runWords(record).delivery, record.summary.deliveryMs),
  ])
  return [style.paint(head, 'dim'), ...rows]
}

function factLines(record: RunRecord, style: TerminalStyle): string[] {
  const facts: (readonly [label: string, parts: readonly string[]])[] = [
    ...(record.kv === undefined ? chatFacts(record, style) : kvFacts(record, record.kv, style)),
    ['server', serverTexts(record)],
    ['generator', generatorTexts(record, style)],
    ['again', [truncated(plainLine(record.command), 400)]],
  ]
  return facts.flatMap(([label, parts]) => factLine(label, parts, style))
}

type Fact = readonly [label: string, parts: readonly string[]]

function kvFacts({ summary }: RunRecord, kv: KvRun, style: TerminalStyle): Fact[] {
  const bad = (count: number, word: string): string => {
    const text = `${formatCount(count)} ${word}`
    return count > 0 ? style.paint(text, 'bold', 'red') : text
  }
  const ends = kv.diverged === null || kv.superseded === null ? [] : [bad(kv.diverged, 'diverged'), bad(kv.superseded, 'superseded')]
  return [
    [
      'nodes',
      [
        ...kv.nodes.map(
          ({ name, answered, tries }) => `${truncated(plainLine(name), 30)} answered ${formatCount(answered)} of ${formatCount(tries)}`,
        ),
        formatPlural(kv.keys, 'key'),
      ],
    ],
    [
      'requests',
      [
        `${formatCount(summary.deliveries)} of ${formatCount(summary.messages)} answered`,
        `${formatCount(Math.round(kv.answeredPerSecond))}/s`,
        ...kv.operations.map(({ kind, answered }) => `${formatCount(answered)} ${kind}`),
      ],
    ],
    [
      'faults',
      [
        bad(kv.failed, 'failed'),
        bad(kv.wrong, 'wrong'),
        ...ends,
        `${formatCount(kv.unavailable)} unavailable`,
        `${formatCount(kv.retries)} tried again`,
      ],
    ],
    ...(kv.events.length === 0
      ? []
      : [
          [
            'events',
            kv.events.map(({ atMs, node, kind }) => `${truncated(plainLine(node), 30)} ${kind} at ${(atMs / 1000).toFixed(1)} s`),
          ] as const,
        ]),
  ]
}

function chatFacts(record: RunRecord, style: TerminalStyle): Fact[] {
  const { summary, users } = record
  const slow = summary.slowReaders.slice(0, MAX_COHORTS).map(cohort => slowReaderText(cohort, limitsMs(record)))
  return [
    ['users', [`${formatCount(users.joined)} of ${formatCount(users.planned)} joined`, formatPlural(users.channels, 'channel')]],
    [
      'deliveries',
      [
        `${formatCount(summary.deliveries)} read, ${formatCount(summary.expectedDeliveries)} required at least`,
        `from ${formatPlural(summary.messages, 'message')}`,
      ],
    ],
    ['faults', faults(record, style)],
    ['slow readers', slow.length === 0 ? ['none in this scenario'] : slow],
  ]
}

function faults({ summary }: RunRecord, style: TerminalStyle): string[] {
  const counts: readonly (readonly [count: number, word: string])[] = [
    [summary.lost, 'lost'],
    [summary.duplicated, 'duplicated'],
    [summary.misdelivered, 'stray'],
    [summary.corrupted, 'corrupted'],
    [summary.garbled, 'garbled'],
    [summary.dropped, 'dropped'],
  ]
  const shed = summary.shed > 0 ? [`${formatCount(summary.shed)} shed`] : []
  return [
    ...counts.map(([count, word]) => (count > 0 ? style.paint(`${formatCount(count)} ${word}`, 'bold', 'red') : `0 ${word}`)),
    ...shed,
    ...stallTexts(summary),
  ]
}

function stallTexts({ stalls }: RunSummary): string[] {
  if (stalls.length === 0) return []
  const longest = Math.max(...stalls.map(({ durationMs }) => durationMs))
  const end = stalls.some(({ recovered }) => !recovered) ? ', to the end' : ''
  return [`${formatPlural(stalls.length, 'stall')} (longest ${formatMs(longest)}${end})`]
}

function slowReaderText({ name, users, evicted, lost, deliveryMs }: CohortResult, limits: readonly number[]): string {
  const latency = deliveryMs.count === 0 ? '' : `, p99 ${formatMs(deliveryMs.p99, limits)}`
  const missing = lost === 0 ? '' : `, ${formatCount(lost)} lost`
  return `${formatCount(users)} ${truncated(plainLine(name), 30)}: ${formatCount(evicted)} evicted${latency}${missing}`
}

function serverTexts({ summary: { server }, candidate }: RunRecord): string[] {
  const exit = candidate.exit === '' ? [] : [truncated(plainLine(candidate.exit), 100)]
  const rtt = candidate.networkRttMs === null ? [] : [`network round trip ${formatMs(candidate.networkRttMs)}`]
  if (server === null) return ['not measured', ...rtt, ...exit]
  return [
    `CPU ${server.cpuSeconds.toFixed(1)} s, at most ${formatShare(server.cpuMax)} of a core`,
    `memory ${formatBytes(server.rssBytesMax)}`,
    formatPlural(server.fdsMax, 'descriptor'),
    formatPlural(server.threadsMax, 'thread'),
    ...rtt,
    ...exit,
  ]
}

function generatorTexts({ summary: { generator } }: RunRecord, style: TerminalStyle): string[] {
  const { count, p99, max } = generator.sendLagMs
  if (count === 0 && !generator.saturated) return ['not measured']
  return [
    generator.saturated ? style.paint('saturated', 'bold', 'yellow') : 'kept its schedule',
    generator.cpu === null ? 'CPU not measured' : `${formatShare(generator.cpu)} of a core`,
    count === 0 ? 'send lag not measured' : `due to sent p99 ${formatMs(p99)}, max ${formatMs(max)}`,
    ...(generator.loopDelayMs.count === 0 ? [] : [`reads late p99 ${formatMs(generator.loopDelayMs.p99)}`]),
  ]
}

/** A label and its parts, broken between parts where they do not fit. Colour codes take no column. */
function factLine(label: string, parts: readonly string[], style: TerminalStyle): string[] {
  const room = style.width - LABEL_WIDTH - 1
  const lines: string[] = []
  let line = ''
  for (const part of parts.flatMap(part => (visibleColumns(part) > room ? wrapped(part, room) : [part]))) {
    const longer = line === '' ? part : `${line} · ${part}`
    if (line !== '' && visibleColumns(longer) > room) {
      lines.push(line)
      line = part
    } else line = longer
  }
  return [...lines, line].map((text, index) => `${style.paint((index === 0 ? label : '').padEnd(LABEL_WIDTH), 'dim')} ${text}`)
}

function visibleColumns(text: string): number {
  return columnsOf(plainLine(text))
}
