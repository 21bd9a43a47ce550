/** How a capacity search is put into words, the same in the terminal and on the page. */
import type { CapacityRecord } from '../harness/record/capacity-record.ts'
import { formatCount } from './text/number-format.ts'
import { plainLine } from './text/terminal-escapes.ts'
import { truncated } from './text/truncated.ts'

const MOST_TEXT = 400

export function loadUnit({ by }: CapacityRecord): string {
  return by === 'users' ? 'users' : 'messages/s'
}

/** The answer. Where the server was not what ended the search, there is no figure for it, only what it carried at least. */
export function capacitySentence(record: CapacityRecord): string {
  const { capacity, atLeast, notMet, exhausted } = record
  const unit = record.by === 'users' ? 'users' : 'messages a second'
  const name = truncated(plainLine(record.candidate), 80)
  const scenario = truncated(plainLine(record.scenario), 80)
  if (atLeast === null)
    return `${name} met its thresholds at no load that was tried${notMet === null ? '' : ` (not even at ${formatCount(notMet)} ${unit})`}.`
  if (capacity !== null) {
    const next = notMet === null ? '' : `; ${formatCount(notMet)} were too many`
    return `${name} handles ${formatCount(capacity)} ${unit} under ${scenario}${next}.`
  }
  const carried = `it carried ${formatCount(atLeast)} ${unit} under ${scenario}`
  const isOurs = exhausted === 'generator' || exhausted === 'other programs'
  const more = isOurs && notMet !== null ? `, and ${formatCount(notMet)} could not be offered` : ''
  return `How much ${name} handles was not found: ${carried}${more}.`
}

export function ranOutSentence({ exhausted, exhaustedText }: CapacityRecord): string {
  const text = truncated(plainLine(exhaustedText), MOST_TEXT)
  switch (exhausted) {
    case 'nothing':
      return text
    case 'generator':
      return `What ran out: the generator, so the server may handle more. ${text}`
    case 'other programs':
      return `What ran out: the machine, with other programs at work. Search again when they have ended. ${text}`
    case 'unknown':
      return `What ran out cannot be seen from outside. ${text}`
    case 'server CPU':
    case 'memory':
    case 'descriptors':
    case 'network':
      return `What ran out: ${exhausted}. ${text}`
  }
}
