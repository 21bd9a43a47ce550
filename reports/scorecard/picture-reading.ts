import type { CheckEvidence } from '../../harness/record/check-record.ts'
import { formatMs } from '../text/number-format.ts'
import { plainLine } from '../text/terminal-escapes.ts'

type Event = CheckEvidence['events'][number]

interface Join {
  readonly lane: string
  readonly askedMs: number
  readonly toldMs: number
}

/**
 * What the order of the steps says, for whoever does not want to compare times: were joins under way together (where
 * the check is about that), and what came when.
 */
export function readingOf({ events }: Pick<CheckEvidence, 'events'>, isAboutJoins: boolean): string[] {
  const joins = joinsOf(events)
  const [first, second] = joins
  const send = events.find(({ kind }) => kind === 'send')
  const missing = events.find(({ kind }) => kind === 'missing')
  const victim = joins.find(({ lane }) => lane === missing?.lane)
  const reader = joins.find(({ lane }) => lane !== send?.lane) ?? first
  return [
    ...(isAboutJoins && first !== undefined && second !== undefined ? overlapText(first, second) : []),
    ...(victim !== undefined && send?.atMs !== undefined && send.atMs !== null && send.atMs >= victim.toldMs
      ? [`The join of ${plainLine(victim.lane)} had been acknowledged ${formatMs(send.atMs - victim.toldMs)} before the message was sent.`]
      : []),
    ...(missing === undefined && reader !== undefined && send?.atMs !== undefined && send.atMs !== null && reader.askedMs > send.atMs
      ? [`${plainLine(reader.lane)} asked to join ${formatMs(reader.askedMs - send.atMs)} after the message had been sent.`]
      : []),
  ]
}

function overlapText(first: Join, second: Join): string[] {
  const together = first.askedMs < second.toldMs && second.askedMs < first.toldMs
  if (!together) return []
  const who = first.lane === second.lane ? 'Two joins of one connection' : 'The two joins'
  return [`${who} were under way at the same time: each was asked for before the other was acknowledged.`]
}

/** Each acknowledged join, the acknowledgement taken as that of the oldest one still waiting in its lane. */
function joinsOf(events: readonly Event[]): Join[] {
  const waiting = new Map<string, number[]>()
  const joins: Join[] = []
  for (const { lane, kind, atMs } of events) {
    if (atMs === null) continue
    if (kind === 'join') waiting.set(lane, [...(waiting.get(lane) ?? []), atMs])
    if (kind !== 'joined') continue
    const [askedMs, ...rest] = waiting.get(lane) ?? []
    if (askedMs === undefined) continue
    waiting.set(lane, rest)
    joins.push({ lane, askedMs, toldMs: atMs })
  }
  return joins
}
