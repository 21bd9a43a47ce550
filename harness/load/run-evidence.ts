/** The first violations of each kind as small pictures: who joined when, what was sent, who read it and who did not. */
import type { Evidence, EvidenceEvent } from '../record/run-record.ts'
import type { Plan } from '../scenario/plan.ts'
import type { Anomaly } from './anomalies.ts'
import type { MessageTable } from './message-table.ts'
import type { Loss, WorkerAccount } from './transport.ts'

const MAX_PER_KIND = 5

export interface EvidenceParts {
  readonly plan: Plan
  readonly table: MessageTable
  readonly accounts: readonly WorkerAccount[]
  /** Per message: full-speed receivers that have it, and when the last of them got it (µs). */
  readonly received: Uint32Array
  readonly lastUs: Float64Array
  /** Rows of messages whose completion was late. */
  readonly late: readonly number[]
}

export function collectEvidence(parts: EvidenceParts): Evidence[] {
  const losses = parts.accounts.flatMap(account => account.losses).slice(0, MAX_PER_KIND)
  const anomalies = firstOfEachKind(parts.accounts.flatMap(account => account.anomalies))
  return [
    ...losses.map(loss => lossPicture(parts, loss)),
    ...anomalies.map(anomaly => anomalyPicture(parts, anomaly)),
    ...parts.late.slice(0, MAX_PER_KIND).map(row => latePicture(parts, row)),
  ]
}

function lossPicture(parts: EvidenceParts, loss: Loss): Evidence {
  const { plan, table } = parts
  const row = rowOf(table, loss.channel, loss.sequence)
  const name = plan.channelNames[loss.channel] ?? '?'
  const loser = userName(loss.user)
  const callMs = (table.callUs[row] ?? 0) / 1000
  const isOwn = table.sender[row] === loss.user
  const sender = isOwn ? loser : userName(table.sender[row] ?? 0)
  const others = parts.received[row] ?? 0
  const joinedMs = Number.isFinite(loss.joinedAtMs) ? loss.joinedAtMs : null
  const events: EvidenceEvent[] = [
    { lane: loser, atMs: joinedMs, kind: 'joined', text: `join of ${name} acknowledged` },
    { lane: sender, atMs: callMs, kind: 'send', text: `sends message ${loss.sequence} to ${name}` },
  ]
  if (others > 0) {
    events.push({
      lane: 'the others',
      atMs: (parts.lastUs[row] ?? 0) / 1000,
      kind: 'read',
      text: `${others} other members have read it by now`,
    })
  }
  events.push({ lane: loser, atMs: null, kind: 'missing', text: `never reads message ${loss.sequence}` })
  return {
    kind: 'lost',
    text: `${loser} had joined ${name} before message ${loss.sequence} was sent there at ${callMs.toFixed(1)} ms, stayed to the end, and never read it.`,
    lanes: lanesOf(events),
    events,
  }
}

function anomalyPicture({ plan, table }: EvidenceParts, anomaly: Anomaly): Evidence {
  const reader = userName(anomaly.user)
  const events: EvidenceEvent[] = []
  if (anomaly.message !== null) {
    const { channel, sequence, sender, dueUs } = anomaly.message
    const row = rowOf(table, channel, sequence)
    const sentMs = row < 0 ? dueUs / 1000 : (table.callUs[row] ?? dueUs) / 1000
    events.push({
      lane: userName(sender),
      atMs: sentMs,
      kind: 'send',
      text: `sends message ${sequence} to ${plan.channelNames[channel] ?? '?'}`,
    })
  }
  events.push({ lane: reader, atMs: anomaly.atMs, kind: anomaly.kind === 'dropped' ? 'close' : 'wrong', text: anomaly.text })
  return { kind: anomaly.kind, text: `${reader} ${anomaly.text}.`, lanes: lanesOf(events), events }
}

function latePicture({ plan, table, received, lastUs }: EvidenceParts, row: number): Evidence {
  const name = plan.channelNames[table.channel[row] ?? 0] ?? '?'
  const sender = userName(table.sender[row] ?? 0)
  const dueMs = (table.dueUs[row] ?? 0) / 1000
  const lastMs = (lastUs[row] ?? 0) / 1000
  const events: EvidenceEvent[] = [
    { lane: sender, atMs: dueMs, kind: 'send', text: `message ${table.sequence[row] ?? 0} to ${name} is due` },
    {
      lane: 'members',
      atMs: lastMs,
      kind: 'read',
      text: `the last of ${received[row] ?? 0} reads it, ${(lastMs - dueMs).toFixed(0)} ms after`,
    },
  ]
  return {
    kind: 'late',
    text: `Message ${table.sequence[row] ?? 0} of ${name}, due at ${dueMs.toFixed(1)} ms, reached its last receiver ${(lastMs - dueMs).toFixed(0)} ms later.`,
    lanes: lanesOf(events),
    events,
  }
}

function firstOfEachKind(anomalies: readonly Anomaly[]): Anomaly[] {
  const seen = new Map<string, number>()
  return [...anomalies]
    .sort((a, b) => a.atMs - b.atMs)
    .filter(({ kind }) => {
      const count = seen.get(kind) ?? 0
      seen.set(kind, count + 1)
      return count < MAX_PER_KIND
    })
}

function rowOf(table: MessageTable, channel: number, sequence: number): number {
  for (let i = 0; i < table.count; i++) if (table.channel[i] === channel && table.sequence[i] === sequence) return i
  return -1
}

function lanesOf(events: readonly EvidenceEvent[]): string[] {
  return [...new Set(events.map(event => event.lane))]
}

function userName(user: number): string {
  return `user ${user}`
}
