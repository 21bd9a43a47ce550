/**
 * What the coordinator and its workers say to each other, and the small door they say it through. Today a worker is a thread of this
 * process; an agent on another machine needs nothing but another `WorkerLink`, since all that crosses is plain data.
 */
import type { LatencySnapshot } from '../record/latency-counts.ts'
import type { GeneratorSample } from '../record/run-record.ts'
import type { Scenario } from '../scenario/scenario.ts'
import type { ChatAddress } from '../wire/chat-socket.ts'
import type { Anomaly, AnomalyCounts } from './anomalies.ts'
import type { MessageTable } from './message-table.ts'
import type { OldMessages } from './overdue-watch.ts'

/** Everything that a worker needs to work out the same plan as all others. */
export interface WorkerSetup {
  readonly scenario: Scenario
  readonly seed: number
  readonly address: ChatAddress
  readonly worker: number
  readonly workers: number
}

export type ToWorker =
  | { readonly type: 'connect' }
  /** The schedule starts at this moment of the monotonic clock. */
  | { readonly type: 'start'; readonly epochUs: number }
  /** Send nothing more; what was sent so far is what counts. */
  | { readonly type: 'stop' }
  /** Slow readers read on; tell what was sent. */
  | { readonly type: 'collect' }
  /** What all workers together sent: from now on, tell how much of it is missing. */
  | { readonly type: 'settle'; readonly table: MessageTable; readonly settlement: number }
  /** These messages of any worker are so old that everyone should have them. */
  | { readonly type: 'old'; readonly messages: OldMessages }
  /** Send one fresh message in each of these channels. */
  | { readonly type: 'probe'; readonly channels: readonly number[] }
  /** Give the account over this final table and end. `isQuiet`: a join without an answer for 5 s will not get one; else it is given 30 s. */
  | { readonly type: 'finish'; readonly table: MessageTable; readonly isQuiet: boolean }

export type FromWorker =
  /** All users that join before the start have joined or failed. */
  | { readonly type: 'connected'; readonly joined: number; readonly failures: readonly string[]; readonly unconnectedWhy: string }
  | { readonly type: 'progress'; readonly progress: WorkerProgress }
  /** The schedule is over and all of it is sent. */
  | { readonly type: 'sent' }
  | { readonly type: 'collected'; readonly table: MessageTable }
  | { readonly type: 'probed' }
  /** `settlement`: the number of the one that it is about. */
  | { readonly type: 'balance'; readonly settlement: number; readonly missing: number; readonly lastReadUs: number }
  | { readonly type: 'account'; readonly account: WorkerAccount }
  | { readonly type: 'failed'; readonly message: string }

export interface WorkerLink {
  send(message: ToWorker): void
  onMessage(listener: (message: FromWorker) => void): void
  /** Once, when the worker is gone; `error` tells why where it was not asked to. */
  onExit(listener: (error: string | null) => void): void
  close(): Promise<void>
}

export interface WorkerProgress {
  readonly atMs: number
  readonly connected: number
  readonly joined: number
  readonly sent: number
  readonly deliveries: number
  readonly shed: number
  readonly evicted: number
  readonly dropped: number
  readonly counts: AnomalyCounts
  /** Deliveries to full-speed readers of this worker that are overdue; see OverdueWatch. */
  readonly overdue: number
  /** Messages of this worker that have become so old since the last time. */
  readonly old: OldMessages
  /** Of deliveries held to the SLA, the whole run so far. */
  readonly latency: LatencySnapshot
  readonly generator: GeneratorSample
  /** The grid's latest rows as they stand: what is left of a worker that dies. */
  readonly rows: readonly ProgressRow[]
}

export interface ProgressRow {
  readonly row: number
  readonly counts: Uint32Array
  readonly maxUs: number
  readonly sent: number
  readonly shed: number
}

export interface CohortAccount {
  users: number
  expected: number
  deliveries: number
  lost: number
  duplicated: number
  evicted: number
  dropped: number
  closeCodes: Record<string, number>
  /** Encoded histogram. */
  latency: string
}

export interface Loss {
  readonly user: number
  readonly channel: number
  readonly sequence: number
  readonly joinedAtMs: number
}

export interface WorkerAccount {
  /** Aligned with the final table: full-speed members of this worker that have it, those of them that must and lack it, and when the last one got it (µs). */
  readonly received: Uint32Array
  readonly missing: Uint32Array
  readonly lastUs: Float64Array
  readonly cohorts: readonly CohortAccount[]
  /** The first of them; the counts are in the cohorts. */
  readonly losses: readonly Loss[]
  readonly phantoms: number
  readonly anomalies: readonly Anomaly[]
  readonly counts: AnomalyCounts
  readonly deliveries: number
  readonly shed: number
  readonly joined: number
  /** Users that could not connect for want of this machine's own resources, and the error that said so. */
  readonly unconnected: number
  readonly unconnectedWhy: string
  readonly unsent: number
  readonly overloadUnsent: number
  readonly senderGone: number
  readonly blocked: number
  readonly probeDeliveries: number
  /** Encoded histograms. */
  readonly delivery: string
  readonly join: string
  readonly sendLag: string
  readonly loopDelay: string
  readonly gridCounts: Uint32Array
  readonly gridMaxUs: Float64Array
  readonly sentPerRow: Uint32Array
  readonly shedPerRow: Uint32Array
  /** Reads at full speed in each bin of ACTIVITY_BIN_MS, and whether this worker itself was alive in it. */
  readonly readsPerBin: Uint32Array
  readonly alivePerBin: Uint8Array
  /** When the last of these was, which may be after the last bin (µs since the start; 0: none was). */
  readonly lastReadUs: number
}
