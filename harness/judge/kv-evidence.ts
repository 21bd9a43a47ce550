/** From a break of a store's promises to a small picture of it: one lane a client and node, time downwards. */
import type { CheckEvidence } from '../record/check-record.ts'
import type { EvidenceEvent } from '../record/run-record.ts'
import type { KvViolation } from './kv-violation.ts'
import { shown } from './kv-violation.ts'
import type { KvOperation } from './linearizability-operation.ts'

const MOST_OPERATIONS = 12
const MOST_SHOWN = 40

const EVIDENCE_KINDS: Record<KvViolation['kind'], CheckEvidence['kind']> = {
  invented: 'corrupted',
  diverged: 'diverged',
  superseded: 'stale',
  resurrected: 'resurrected',
  'read-your-writes': 'stale',
  'monotonic reads': 'stale',
  linearizable: 'order',
}

/** One picture a kind, of the violation with the fewest operations. `key` is named where it is given. */
export function evidenceOfStore(violations: readonly KvViolation[], key?: string): CheckEvidence[] {
  const kinds = [...new Set(violations.map(({ kind }) => kind))]
  return kinds.flatMap(kind => {
    const ofKind = violations.filter(one => one.kind === kind).toSorted((a, b) => a.steps.length - b.steps.length)
    const [least] = ofKind
    if (least === undefined) return []
    const text = key === undefined ? least.text : `Key ${JSON.stringify(key)}: ${least.text}`
    return [pictureOfOperations({ kind: EVIDENCE_KINDS[kind], text, operations: least.steps, occurrences: ofKind.length })]
  })
}

/** The last operation to end is what is wrong with them; times are from the first call. */
function pictureOfOperations(picture: {
  readonly kind: CheckEvidence['kind']
  readonly text: string
  readonly operations: readonly KvOperation[]
  readonly occurrences: number
}): CheckEvidence {
  const { kind, text, occurrences } = picture
  const operations = picture.operations.slice(-MOST_OPERATIONS)
  const startMs = Math.min(...operations.map(({ callAtMs }) => callAtMs))
  const last = operations.reduce<KvOperation | undefined>((latest, one) => (endOf(one) >= endOf(latest) ? one : latest), undefined)
  const events = operations
    .flatMap(operation => eventsOf(operation, operation === last))
    .map(event => ({ ...event, atMs: event.atMs === null ? null : tenths(event.atMs - startMs) }))
    .toSorted((a, b) => (a.atMs ?? Infinity) - (b.atMs ?? Infinity))
  const spans = operations.map(operation => spanOf(operation, startMs, operation === last))
  return { kind, text, lanes: [...new Set(operations.map(laneOf))], events, spans, occurrences }
}

function eventsOf(operation: KvOperation, isWrong: boolean): EvidenceEvent[] {
  const lane = laneOf(operation)
  const { kind, callAtMs, doneAtMs } = operation
  const value = clipped(shown(operation.value))
  if (kind === 'read') return [{ lane, atMs: doneAtMs, kind: isWrong ? 'wrong' : 'read', text: `reads ${value}` }]
  const call: EvidenceEvent = { lane, atMs: callAtMs, kind: 'send', text: kind === 'delete' ? 'deletes the key' : `writes ${value}` }
  const answer = {
    lane,
    atMs: doneAtMs,
    kind: 'note' as const,
    text: doneAtMs === null ? 'no answer: it may take effect later' : 'acknowledged',
  }
  return [call, answer]
}

function spanOf(operation: KvOperation, startMs: number, isWrong: boolean): NonNullable<CheckEvidence['spans']>[number] {
  const { kind, value, callAtMs, doneAtMs } = operation
  const verb = { read: 'reads', write: 'writes', delete: 'deletes' }[kind]
  const text = kind === 'delete' ? verb : `${verb} ${clipped(shown(value))}`
  return {
    lane: laneOf(operation),
    fromMs: tenths(callAtMs - startMs),
    toMs: doneAtMs === null ? null : tenths(doneAtMs - startMs),
    text,
    isWrong: isWrong && kind === 'read',
  }
}

function tenths(ms: number): number {
  return Math.round(ms * 10) / 10
}

function laneOf({ client, node }: KvOperation): string {
  return node === undefined ? `client ${client}` : `client ${client} on ${node}`
}

function endOf(operation: KvOperation | undefined): number {
  return operation?.doneAtMs ?? -Infinity
}

function clipped(text: string): string {
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text
}
