/** Every message of an open model, planned before the run: when it is due, who sends it where, and how large it is. */
import { constantArrivals, poissonArrivals, type Arrivals, type LoadSegment } from './pacer.ts'
import type { Members } from './plan-members.ts'
import { SESSION_MARGIN_MS, type SessionPlan } from './plan-sessions.ts'
import type { Scenario } from './scenario.ts'
import { createRandom, shuffle, type Random } from './seeded-random.ts'

export interface PlannedMessages {
  readonly count: number
  /** Ascending, in ms after the schedule's start. */
  readonly dueMs: Float64Array
  readonly sender: Uint32Array
  readonly channel: Uint32Array
  /** 0, 1, 2, … within the message's channel, in due order. */
  readonly sequence: Uint32Array
  readonly bodyBytes: Uint16Array
  /** Index of the phase in which the message is due. */
  readonly phase: Uint8Array
}

/** Sizes of bodies, both ends included; equal for one fixed size. */
export interface BodyRange {
  readonly minBytes: number
  readonly maxBytes: number
}

/** A user who connects during the schedule sends nothing for this long after its turn to connect. */
export const JOIN_MARGIN_MS = 1_000

export interface MessageSources {
  readonly arrival: Scenario['arrival']
  readonly segments: readonly LoadSegment[]
  readonly members: Members
  readonly senders: Uint32Array
  readonly sessions: SessionPlan | null
  readonly joinAtMs: Float64Array | null
  readonly body: BodyRange
  readonly channels: number
}

/** Messages that are due while no sender is connected are left out of the plan. A closed model plans none. */
export function planMessages(sources: MessageSources, seed: number): PlannedMessages {
  const arrivals = dueTimes(sources, seed)
  const senders = createSenderTurns(sources, createRandom(seed, 'turns'))
  const channels = createRandom(seed, 'channels')
  const bodies = createRandom(seed, 'bodies')
  const messages = emptyMessages(arrivals.dueMs.length)
  const nextSequence = new Uint32Array(sources.channels)
  const { offsets, channels: memberChannels } = sources.members
  const { minBytes, maxBytes } = sources.body
  let count = 0
  for (let arrival = 0; arrival < arrivals.dueMs.length; arrival++) {
    const dueMs = arrivals.dueMs[arrival] ?? 0
    const sender = senders.next(dueMs)
    if (sender === undefined) continue
    const first = offsets[sender] ?? 0
    const channel = memberChannels[first + channels.below((offsets[sender + 1] ?? 0) - first)] ?? 0
    const sequence = nextSequence[channel] ?? 0
    nextSequence[channel] = sequence + 1
    messages.dueMs[count] = dueMs
    messages.sender[count] = sender
    messages.channel[count] = channel
    messages.sequence[count] = sequence
    messages.bodyBytes[count] = minBytes + bodies.below(maxBytes - minBytes + 1)
    messages.phase[count] = arrivals.segment[arrival] ?? 0
    count++
  }
  return cut(messages, count)
}

function dueTimes({ arrival, segments }: MessageSources, seed: number): Arrivals {
  if (arrival.model === 'closed') return { dueMs: new Float64Array(), segment: new Uint8Array() }
  return arrival.process === 'constant' ? constantArrivals(segments) : poissonArrivals(segments, createRandom(seed, 'arrivals').next)
}

/** When nobody was connected, nobody is looked for again for so long: looking costs a round through all senders. */
const SILENCE_MS = 10

/** Senders take turns in shuffled rounds, so that all send equally often. One who is not connected is passed over in that round. */
function createSenderTurns({ senders, sessions, joinAtMs }: MessageSources, random: Random) {
  const round = senders.slice()
  const isConnected = createPresence(sessions, joinAtMs)
  let turn = round.length
  let silentUntilMs = 0
  return {
    /** `dueMs` must not fall from call to call. */
    next(dueMs: number): number | undefined {
      if (dueMs < silentUntilMs) return undefined
      for (let passed = 0; passed < round.length; passed++) {
        if (turn === round.length) {
          shuffle(round, random)
          turn = 0
        }
        const sender = round[turn++] ?? 0
        if (isConnected(sender, dueMs)) return sender
      }
      // The turns may have run into a new round and so have missed someone.
      const sender = round.find(user => isConnected(user, dueMs))
      if (sender === undefined) silentUntilMs = dueMs + SILENCE_MS
      return sender
    },
  }
}

function createPresence(sessions: SessionPlan | null, joinAtMs: Float64Array | null): (user: number, atMs: number) => boolean {
  if (joinAtMs) return (user, atMs) => atMs >= (joinAtMs[user] ?? 0) + JOIN_MARGIN_MS
  if (!sessions) return () => true
  const { offsets, connectAtMs, closeAtMs } = sessions
  const current = offsets.slice()
  return (user, atMs) => {
    const end = offsets[user + 1] ?? 0
    if (end === offsets[user]) return true
    let session = current[user] ?? 0
    while (session < end && atMs >= (closeAtMs[session] ?? 0) - SESSION_MARGIN_MS) session++
    current[user] = session
    if (session === end) return false
    const connectMs = connectAtMs[session] ?? 0
    return connectMs === 0 || atMs >= connectMs + SESSION_MARGIN_MS
  }
}

function emptyMessages(count: number): PlannedMessages {
  return {
    count,
    dueMs: new Float64Array(count),
    sender: new Uint32Array(count),
    channel: new Uint32Array(count),
    sequence: new Uint32Array(count),
    bodyBytes: new Uint16Array(count),
    phase: new Uint8Array(count),
  }
}

function cut(messages: PlannedMessages, count: number): PlannedMessages {
  if (count === messages.count) return messages
  const { dueMs, sender, channel, sequence, bodyBytes, phase } = messages
  return {
    count,
    dueMs: dueMs.slice(0, count),
    sender: sender.slice(0, count),
    channel: channel.slice(0, count),
    sequence: sequence.slice(0, count),
    bodyBytes: bodyBytes.slice(0, count),
    phase: phase.slice(0, count),
  }
}
