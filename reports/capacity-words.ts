/** How a capacity search is put into words, the same in the terminal and on the page. */
import type { CapacityRecord } from '../harness/record/capacity-record.ts'
import { formatCount } from './text/number-format.ts'
import { plainLine } from './text/terminal-escapes.ts'
import { truncated } from './text/truncated.ts'

const MOST_TEXT = 400

export function loadUnit({ by }: CapacityRecord): string {
  return by === 'users' ? 'users' : 'messages/s'
}

export function capacitySentence(record: CapacityRecord): string {
  const { capacity, notMet, isSettled } = record
  const unit = record.by === 'users' ? 'users' : 'messages a second'
  const name = truncated(plainLine(record.candidate), 80)
  if (capacity === null)
    return `${name} met its thresholds at no load that was tried${notMet === null ? '' : ` (not even at ${formatCount(notMet)} ${unit})`}.`
  const atLeast = isSettled && notMet !== null ? '' : 'at least '
  const next = notMet === null ? '' : `; ${formatCount(notMet)} were too many`
  return `${name} handles ${atLeast}${formatCount(capacity)} ${unit} under ${truncated(plainLine(record.scenario), 80)}${next}.`
}

export function ranOutSentence({ exhausted, exhaustedText }: CapacityRecord): string {
  const text = truncated(plainLine(exhaustedText), MOST_TEXT)
  switch (exhausted) {
    case 'nothing':
      return text
    case 'generator':
      return `What ran out: the generator, so the server may handle more. ${text}`
    case 'unknown':
      return `What ran out cannot be seen from outside. ${text}`
    case 'server CPU':
    case 'memory':
    case 'descriptors':
    case 'network':
      return `What ran out: ${exhausted}. ${text}`
  }
}
