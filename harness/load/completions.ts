/** From the workers' aligned accounts to one number a message: when its last full-speed receiver had it. */
import { createLatencyHistogram, type LatencyHistogram, percentilesMs, recordLatency } from '../record/latency-histogram.ts'
import type { PhaseResult } from '../record/run-record.ts'
import type { Plan } from '../scenario/plan.ts'
import { ExactRows } from './exact-rows.ts'
import { MESSAGE_MUST, type MessageTable } from './message-table.ts'
import { createScheduleTime } from './schedule-time.ts'
import type { Journey } from './stalls.ts'
import type { WorkerAccount } from './transport.ts'

export interface Completions {
  /** Messages held to the SLA. */
  readonly histogram: LatencyHistogram
  readonly phases: readonly PhaseResult[]
  /** Completion over time, by due second. */
  readonly rows: ExactRows
  /** Rows of the table, in due order: completed later than the SLA, outside overload, warm-up included. */
  readonly late: readonly number[]
  readonly received: Uint32Array
  readonly lastUs: Float64Array
  /** Ascending by the time of sending. */
  readonly journeys: readonly Journey[]
  /** Messages sent within the schedule. */
  readonly messages: number
}

/** The part of an account that tells who has what. */
export type Receipts = Pick<WorkerAccount, 'received' | 'missing' | 'lastUs'>

/** `unfinishedUs`: until when the run waited, for messages that were still on their way when it gave up; NaN when all was quiet. */
export function computeCompletions(
  plan: Plan,
  table: MessageTable,
  accounts: readonly Receipts[],
  slaMs: number,
  unfinishedUs: number,
): Completions {
  const { received, missing, lastUs } = addUp(table, accounts)
  const time = createScheduleTime(plan)
  const histogram = createLatencyHistogram()
  const rows = new ExactRows()
  const phaseHistograms = plan.phases.map(() => createLatencyHistogram())
  const sentPerPhase = new Float64Array(plan.phases.length)
  const late: number[] = []
  const journeys: Journey[] = []
  const scheduleUs = plan.scheduleMs * 1000
  let messages = 0
  for (let i = 0; i < table.count; i++) {
    const dueUs = table.dueUs[i] ?? 0
    const isComplete = missing[i] === 0 && (received[i] ?? 0) > 0
    if (table.state[i] === MESSAGE_MUST && (received[i] ?? 0) + (missing[i] ?? 0) > 0) {
      const readMs = (received[i] ?? 0) > 0 ? (lastUs[i] ?? 0) / 1000 : NaN
      journeys.push({ callMs: (table.callUs[i] ?? 0) / 1000, lastMs: isComplete ? readMs : Infinity, readMs })
    }
    if (dueUs >= scheduleUs) continue
    messages++
    const phase = time.phaseIndex(dueUs)
    sentPerPhase[phase] = (sentPerPhase[phase] ?? 0) + 1
    if (table.state[i] !== MESSAGE_MUST || (!isComplete && !(missing[i] !== 0 && Number.isFinite(unfinishedUs)))) continue
    const latencyUs = (isComplete ? (lastUs[i] ?? 0) : unfinishedUs) - dueUs
    const phaseHistogram = phaseHistograms[phase]
    if (phaseHistogram !== undefined) recordLatency(phaseHistogram, latencyUs)
    rows.record(dueUs, latencyUs)
    if (time.isHeld(dueUs)) recordLatency(histogram, latencyUs)
    if (latencyUs > slaMs * 1000 && (time.isHeld(dueUs) || !time.isMeasured(dueUs))) late.push(i)
  }
  journeys.sort((a, b) => a.callMs - b.callMs)
  const phases = phaseResults(plan, phaseHistograms, sentPerPhase)
  return { histogram, phases, rows, late, received, lastUs, journeys, messages }
}

function addUp(table: MessageTable, accounts: readonly Receipts[]): { received: Uint32Array; missing: Uint32Array; lastUs: Float64Array } {
  const received = new Uint32Array(table.count)
  const missing = new Uint32Array(table.count)
  const lastUs = new Float64Array(table.count)
  for (const account of accounts) {
    for (let i = 0; i < table.count; i++) {
      received[i] = (received[i] ?? 0) + (account.received[i] ?? 0)
      missing[i] = (missing[i] ?? 0) + (account.missing[i] ?? 0)
      lastUs[i] = Math.max(lastUs[i] ?? 0, account.lastUs[i] ?? 0)
    }
  }
  return { received, missing, lastUs }
}

function phaseResults(plan: Plan, histograms: readonly LatencyHistogram[], sent: Float64Array): PhaseResult[] {
  const planned = new Float64Array(plan.phases.length)
  for (let i = 0; i < plan.messages.count; i++) {
    const phase = plan.messages.phase[i] ?? 0
    planned[phase] = (planned[phase] ?? 0) + 1
  }
  return plan.phases.map(({ name, kind, startMs, endMs, measured }, index) => ({
    name,
    kind,
    startMs,
    endMs,
    measured,
    // A closed model plans no number: what was sent is what was asked for.
    plannedMessages: plan.closed === null ? (planned[index] ?? 0) : (sent[index] ?? 0),
    sentMessages: sent[index] ?? 0,
    completionMs: percentilesMs(histograms[index] ?? createLatencyHistogram()),
  }))
}
