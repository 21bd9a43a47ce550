/** For tests: a chat server that is right by construction, played on paper. */
import { HistoryRecorder } from '../record/history-recorder.ts'

export interface Plan {
  readonly clients: readonly { readonly closeAtMs: number | null; readonly closedBy: 'us' | 'server' }[]
  readonly joins: readonly Join[]
  readonly sends: readonly Send[]
  /** Plays the same once more after a quiet moment, with late joiners. */
  readonly isSecondPhase: boolean
}

interface Join {
  readonly client: number
  readonly channel: number
  readonly callAtMs: number
  /** The handler runs this long after the call, and its acknowledgement is read this long after that. */
  readonly effectAfterMs: number
  readonly ackAfterMs: number
}

interface Send {
  readonly client: number
  readonly channel: number
  readonly callAtMs: number
  readonly effectAfterMs: number
  /** By client: how long a delivery is under way. */
  readonly readAfterMs: readonly number[]
}

const PHASE_MS = 10_000

export function playRightServer(plan: Plan): HistoryRecorder {
  const recorder = new HistoryRecorder()
  plan.clients.forEach((client, index) => {
    const at = recorder.addClient(`client ${index}`)
    const record = recorder.client(at)
    record.openedAtMs = -1
    if (client.closeAtMs === null) return
    if (client.closedBy === 'us') record.closeCalledAtMs = client.closeAtMs
    else Object.assign(record, { mayBeClosed: 'evicted', lastByteAtMs: client.closeAtMs })
    record.closedAtMs = client.closeAtMs + 2
  })
  const effects: { client: number; channel: number; atMs: number }[] = []
  for (let phase = 0; phase < (plan.isSecondPhase ? 2 : 1); phase++) {
    playPhase(recorder, plan, phase, effects)
    recorder.quiet((phase + 1) * PHASE_MS - 1)
  }
  return recorder
}

function playPhase(
  recorder: HistoryRecorder,
  plan: Plan,
  phase: number,
  effects: { client: number; channel: number; atMs: number }[],
): void {
  const startMs = phase * PHASE_MS
  for (const join of plan.joins) {
    const client = join.client % plan.clients.length
    const callAtMs = startMs + join.callAtMs
    if (!isOpen(plan, client, callAtMs)) continue
    const record = recorder.joinCalled(client, recorder.joins.length, [`channel ${join.channel}`], callAtMs)
    const effectAtMs = callAtMs + join.effectAfterMs + 0.25
    if (!isOpen(plan, client, effectAtMs)) continue
    effects.push({ client, channel: join.channel, atMs: effectAtMs })
    const ackAtMs = effectAtMs + join.ackAfterMs + 0.25
    if (isOpen(plan, client, ackAtMs)) record.doneAtMs = ackAtMs
  }
  plan.sends.forEach((send, index) => playSend(recorder, plan, send, startMs, `message ${phase}.${index}`, effects))
}

function playSend(
  recorder: HistoryRecorder,
  plan: Plan,
  send: Send,
  startMs: number,
  body: string,
  effects: readonly { client: number; channel: number; atMs: number }[],
): void {
  const client = send.client % plan.clients.length
  const callAtMs = startMs + send.callAtMs
  if (!isOpen(plan, client, callAtMs)) return
  const channel = `channel ${send.channel}`
  recorder.messageCalled(client, channel, body, callAtMs)
  const effectAtMs = callAtMs + send.effectAfterMs + 0.5
  // A server may throw away what a client sent before it closed.
  if (!isOpen(plan, client, effectAtMs)) return
  const members = new Set(
    effects.filter(effect => effect.channel === send.channel && effect.atMs < effectAtMs).map(effect => effect.client),
  )
  for (const member of members) {
    const readAtMs = effectAtMs + (send.readAfterMs[member] ?? 0) + 0.25
    if (isOpen(plan, member, readAtMs)) recorder.read(member, channel, body, readAtMs)
  }
}

function isOpen(plan: Plan, client: number, atMs: number): boolean {
  return atMs < (plan.clients[client]?.closeAtMs ?? Infinity)
}
