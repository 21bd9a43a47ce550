/** From violations to the smallest pictures of them: who joined, when that was acknowledged, what was sent, who did not read it. */
import type { CheckEvidence } from '../record/check-record.ts'
import type { History } from '../record/history.ts'
import type { EvidenceEvent } from '../record/run-record.ts'
import type { Violation } from './violation.ts'

/** Of a reader of what it should not have: so many of its joins are shown, and so many channels of each. */
const MAX_OWN_JOINS = 2
const MAX_OWN_NAMES = 3
const KIND_ORDER: readonly Violation['kind'][] = [
  'lost',
  'duplicated',
  'misdelivered',
  'history',
  'corrupted',
  'garbled',
  'stuck',
  'dropped',
  'census',
]
const EXCERPT_CHARACTERS = 60

/** One picture a kind, the one with the fewest others in it; most telling kinds first. */
export function evidenceOf(history: History, violations: readonly Violation[]): CheckEvidence[] {
  const counts = memberCounts(history)
  return KIND_ORDER.flatMap(kind => {
    const ofKind = violations.filter(violation => violation.kind === kind)
    const [first] = ofKind
    if (first === undefined) return []
    const sizeOf = (violation: Violation): number => {
      const message = 'message' in violation && violation.message !== null ? history.messages[violation.message] : undefined
      return message === undefined ? 0 : (counts.get(message.channel) ?? 0)
    }
    const smallest = ofKind.reduce((best, violation) => (sizeOf(violation) < sizeOf(best) ? violation : best), first)
    return [picture(history, smallest, ofKind.length)]
  })
}

function memberCounts(history: History): Map<number, number> {
  const counts = new Map<number, number>()
  for (const join of history.joins) for (const channel of join.channels) counts.set(channel, (counts.get(channel) ?? 0) + 1)
  return counts
}

function picture(history: History, violation: Violation, occurrences: number): CheckEvidence {
  const reader = nameOf(history, violation.client)
  const events = [...eventsOf(history, violation)].sort((a, b) => (a.atMs ?? Infinity) - (b.atMs ?? Infinity))
  const startMs = Math.min(...events.map(event => event.atMs ?? Infinity))
  const relative = events.map(event => ({ ...event, atMs: event.atMs === null ? null : roundMs(event.atMs - startMs) }))
  const lanes = [
    ...new Set([...events.filter(event => event.kind === 'send').map(event => event.lane), ...events.map(event => event.lane), reader]),
  ]
  return { kind: violation.kind, text: sentence(history, violation), lanes, events: relative, occurrences }
}

function eventsOf(history: History, violation: Violation): EvidenceEvent[] {
  const lane = nameOf(history, violation.client)
  switch (violation.kind) {
    case 'lost':
    case 'census': {
      const missing: EvidenceEvent = { lane, atMs: null, kind: 'missing', text: `never read ${quoted(history, violation.message)}` }
      return [...storyOf(history, violation.message, violation.client), ...witness(history, violation.message, violation.client), missing]
    }
    case 'duplicated':
    case 'history':
      return [...storyOf(history, violation.message, violation.client), ...readsBy(history, violation.client, violation.message)]
    case 'misdelivered': {
      const stray = violation.stray === null ? undefined : history.strays[violation.stray]
      const label = stray === undefined ? '' : ` under the channel name ${excerpt(stray.channel)}`
      const text = `read ${quoted(history, violation.message)}${label}`
      const own = violation.stray === null ? ownChannels(history, violation.client) : []
      return [...own, ...storyOf(history, violation.message, violation.client), { lane, atMs: violation.atMs, kind: 'wrong', text }]
    }
    case 'corrupted': {
      const stray = history.strays[violation.stray]
      const text = `read ${excerpt(stray?.body ?? '')} (${stray?.bodyBytes ?? 0} bytes) in ${excerpt(stray?.channel ?? '')}`
      const story = violation.message === null ? [] : storyOf(history, violation.message, violation.client)
      return [...story, { lane, atMs: stray?.atMs ?? null, kind: 'wrong', text }]
    }
    case 'garbled':
    case 'stuck':
    case 'dropped':
      return endEvents(history, violation)
  }
}

/** The joins of sender and reader to the message's channel, and the send. */
function storyOf(history: History, at: number, reader: number): EvidenceEvent[] {
  const message = history.messages[at]
  if (message === undefined) return []
  const involved = [...new Set([message.client, reader])]
  const joins = involved.flatMap(client => joinEvents(history, client, message.channel))
  const lane = nameOf(history, message.client)
  return [...joins, { lane, atMs: message.callAtMs, kind: 'send', text: `sends ${quoted(history, at)}` }]
}

/** What somebody who read a stray message had asked for instead: how the names are alike is often the mistake. */
function ownChannels(history: History, client: number): EvidenceEvent[] {
  const lane = nameOf(history, client)
  return history.joins
    .filter(join => join.client === client)
    .slice(-MAX_OWN_JOINS)
    .map((join): EvidenceEvent => {
      const names = join.channels.slice(0, MAX_OWN_NAMES).map(channel => excerpt(history.channels[channel] ?? ''))
      const more = join.channels.length > names.length ? ` and ${join.channels.length - names.length} more` : ''
      return {
        lane,
        atMs: join.callAtMs,
        kind: 'join',
        text: `asks to join ${names.join(', ')}${more}, and not the channel of the message`,
      }
    })
}

function joinEvents(history: History, client: number, channel: number): EvidenceEvent[] {
  const lane = nameOf(history, client)
  const name = excerpt(history.channels[channel] ?? '')
  return history.joins
    .filter(join => join.client === client && join.channels.includes(channel))
    .slice(0, 2)
    .flatMap((join): EvidenceEvent[] => {
      const others = join.channels.length > 1 ? ` and ${join.channels.length - 1} more` : ''
      const asked: EvidenceEvent = { lane, atMs: join.callAtMs, kind: 'join', text: `asks to join ${name}${others}` }
      if (join.doneAtMs === null) return [asked]
      return [asked, { lane, atMs: join.doneAtMs, kind: 'joined', text: `is told that it joined ${name}${others}` }]
    })
}

/** One other client that did read the message, so that a reader sees it was sent at all. */
function witness(history: History, message: number, reader: number): EvidenceEvent[] {
  const read = history.reads.find(one => one.message === message && one.client !== reader)
  if (read === undefined) return []
  return [{ lane: nameOf(history, read.client), atMs: read.atMs, kind: 'read', text: `reads ${quoted(history, message)}` }]
}

function readsBy(history: History, client: number, message: number): EvidenceEvent[] {
  const reads = history.reads.filter(read => read.client === client && read.message === message).slice(0, 3)
  const lane = nameOf(history, client)
  return reads.map((read, place): EvidenceEvent => {
    const kind = place > 0 || reads.length === 1 ? 'wrong' : 'read'
    return { lane, atMs: read.atMs, kind, text: `reads ${quoted(history, message)}${place > 0 ? ' again' : ''}` }
  })
}

function endEvents(history: History, violation: Extract<Violation, { kind: 'garbled' | 'stuck' | 'dropped' }>): EvidenceEvent[] {
  const lane = nameOf(history, violation.client)
  const client = history.clients[violation.client]
  const events: EvidenceEvent[] = []
  if (client?.openedAtMs !== null && client?.openedAtMs !== undefined) {
    events.push({ lane, atMs: client.openedAtMs, kind: 'note', text: 'is connected' })
  }
  const fault = violation.fault === null ? undefined : history.faults[violation.fault]
  if (fault !== undefined) events.push({ lane, atMs: fault.atMs, kind: 'wrong', text: fault.text })
  else events.push({ lane, atMs: client?.closedAtMs ?? null, kind: 'close', text: `is closed by the server (${client?.closeText ?? ''})` })
  return events
}

function sentence(history: History, violation: Violation): string {
  const reader = nameOf(history, violation.client)
  switch (violation.kind) {
    case 'lost':
      return `${reader} had been told that it joined ${channelOf(history, violation.message)} before ${senderOf(history, violation.message)} sent ${quoted(history, violation.message)}, and never read it.`
    case 'duplicated':
      return `${reader} read ${quoted(history, violation.message)} more than once.`
    case 'misdelivered':
      return violation.stray === null
        ? `${reader} read ${quoted(history, violation.message)} of ${channelOf(history, violation.message)}, which it had not asked to join.`
        : `${reader} read ${quoted(history, violation.message)} under another channel's name than ${channelOf(history, violation.message)}, where it was sent.`
    case 'history':
      return `${reader} asked to join ${channelOf(history, violation.message)} only after ${quoted(history, violation.message)} was over, and read it all the same.`
    case 'corrupted':
      return `${reader} read a message that nobody sent: ${excerpt(history.strays[violation.stray]?.body ?? '')}.`
    case 'census':
      return `${reader} read ${quoted(history, violation.reachedBy)} but not ${quoted(history, violation.message)}, sent to the same channel when all was quiet.`
    case 'garbled':
      return `${reader} read output that is not the protocol: ${history.faults[violation.fault]?.text ?? ''}`
    case 'stuck':
      return `${reader}: ${history.faults[violation.fault]?.text ?? ''}`
    case 'dropped':
      return violation.fault === null
        ? `The server closed ${reader}, and nothing had provoked it (${history.clients[violation.client]?.closeText ?? ''}).`
        : `${reader}: ${history.faults[violation.fault]?.text ?? ''}`
  }
}

function channelOf(history: History, message: number): string {
  return excerpt(history.channels[history.messages[message]?.channel ?? -1] ?? '')
}

function senderOf(history: History, message: number): string {
  return nameOf(history, history.messages[message]?.client ?? -1)
}

function quoted(history: History, message: number): string {
  return excerpt(history.messages[message]?.body ?? '')
}

function nameOf(history: History, client: number): string {
  return history.clients[client]?.name ?? 'the harness'
}

function excerpt(text: string): string {
  return JSON.stringify(text.length > EXCERPT_CHARACTERS ? `${text.slice(0, EXCERPT_CHARACTERS)}…` : text)
}

function roundMs(ms: number): number {
  return Math.round(ms * 1000) / 1000
}
