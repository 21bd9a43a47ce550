import type { CheckEvidence, CheckResult } from '../../harness/record/check-record.ts'
import { formatPlural } from './number-format.ts'
import { plainLine } from './terminal-escapes.ts'
import type { TerminalStyle } from './terminal-style.ts'
import { truncated } from './truncated.ts'
import { wrapped } from './wrapped.ts'

const MAX_EVENTS = 14

/** The smallest piece of evidence, as a sequence of what happened. */
export function evidenceLines({ evidence, reason }: Pick<CheckResult, 'evidence' | 'reason'>, style: TerminalStyle): string[] {
  const [smallest, ...others] = evidence
  if (smallest === undefined) return []
  const sentence = plainLine(smallest.text) === plainLine(reason) ? [] : wrapped(plainLine(smallest.text), style.width - 8)
  const times = smallest.occurrences > 1 ? [`Seen ${formatPlural(smallest.occurrences, 'time')}; this is the smallest.`] : []
  const more = others.length === 0 ? [] : [`Also: ${others.map(other => `${other.kind} (${other.occurrences})`).join(', ')}.`]
  return [...sentence, ...eventLines(smallest, style), ...times, ...more].map(line => `      ${style.paint('│', 'dim')} ${line}`)
}

function eventLines({ events }: CheckEvidence, style: TerminalStyle): string[] {
  const shown = events.slice(0, MAX_EVENTS)
  const laneWidth = Math.max(0, ...shown.map(event => plainLine(event.lane).length))
  const lines = shown.flatMap(event => {
    const at = event.atMs === null ? ''.padStart(11) : `${event.atMs.toFixed(1)} ms`.padStart(11)
    const head = `${at}  ${plainLine(event.lane).padEnd(laneWidth)}  `
    const [first = '', ...rest] = wrapped(truncated(plainLine(event.text), 200), Math.max(20, style.width - 8 - head.length))
    return [style.paint(head, 'dim') + first, ...rest.map(line => ' '.repeat(head.length) + line)]
  })
  return events.length > shown.length ? [...lines, `and ${formatPlural(events.length - shown.length, 'more event')}`] : lines
}
