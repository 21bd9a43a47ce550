/** The sending side of a worker: what is due is handed to its sender's socket, and noted with the time of due and of sending. */
import type { Buffer } from 'node:buffer'
import { createLatencyHistogram, recordLatency } from '../record/latency-histogram.ts'
import type { Plan } from '../scenario/plan.ts'
import { SendEncoder } from '../wire/chat-encoder.ts'
import type { ChatSocket } from '../wire/chat-socket.ts'
import { HEADER_BYTES } from '../wire/payload.ts'
import { GRID_INTERVAL_MS } from './latency-grid.ts'
import type { Ledger } from './ledger.ts'
import type { LoadUser } from './load-user.ts'
import { GrowingMessageTable, MESSAGE_MUST, MESSAGE_SENDER_LEFT, MESSAGE_SHED } from './message-table.ts'
import type { ScheduleTime } from './schedule-time.ts'
import { createClosedSchedule, createOpenSchedule, type DueMessage, type SendSchedule } from './send-schedule.ts'
import type { WorkerSetup } from './transport.ts'
import { isLocalUser } from './memberships.ts'

/** Sends a turn of the event loop may take before reading gets its turn again. */
const MAX_SENDS_PER_TURN = 256
/** What is too late to be sent costs next to nothing, but a turn has to end. */
const MAX_TAKEN_PER_TURN = 10_000
/** The schedule may run this late; what is still unsent then stays so. */
const MAX_LATE_US = 2_000_000
/** A server that leaves this much of one user's messages unread is sent nothing more on that connection. */
const MAX_QUEUED_BYTES = 8 * 1024 * 1024
const MAX_TIMER_MS = 50
/** A timer of 1 ms is up to 2 ms late, so the last stretch before a message is due is waited for in naps, with a look at the sockets between. */
const FINE_WAIT_US = 2000
/** Short enough for what arrives meanwhile, long enough to leave nine tenths of the core alone. */
const NAP_US = 100
/** Nobody ever wakes a nap: only its time ends it. */
const NEVER_WOKEN = new Int32Array(new SharedArrayBuffer(4))

export interface SendLoopParts {
  readonly setup: WorkerSetup
  readonly plan: Plan
  readonly time: ScheduleTime
  readonly ledger: Ledger
  readonly users: ReadonlyMap<number, LoadUser>
  readonly nowUs: () => number
}

export class SendLoop {
  readonly table = new GrowingMessageTable()
  readonly lag = createLatencyHistogram()
  readonly sentPerRow: Uint32Array
  readonly shedPerRow: Uint32Array
  shed = 0
  /** Not sent: the generator was too late; an overload phase was over; the sender's connection was gone; the server had stopped reading. */
  unsent = 0
  overloadUnsent = 0
  senderGone = 0
  blocked = 0
  isOver = false
  /** Ended from outside before its time. */
  wasStopped = false

  readonly #parts: SendLoopParts
  readonly #schedule: SendSchedule
  readonly #encoder: SendEncoder
  readonly #due: DueMessage = { sender: 0, channel: 0, sequence: 0, dueUs: 0, bodyBytes: 0 }
  readonly #scheduleUs: number
  /** Closed model: messages that each absent user will send, or wait for, when it is back. */
  readonly #parked = new Map<number, number>()
  #lagMaxUs = 0
  #isRunning = false
  #timer: NodeJS.Timeout | null = null
  #isPumpQueued = false
  /** More is due than a turn may take; what is read gets its turn first. */
  #isBehind = false
  /** Something was read since the last look at the schedule: more is likely on its way. */
  #hasRead = false
  /** Sockets written to in this turn, and when those messages were due. */
  readonly #corked = new Set<ChatSocket>()
  readonly #duesInTurn: number[] = []

  constructor(parts: SendLoopParts, rows: number) {
    const { plan, setup } = parts
    const { worker, workers, address, scenario } = setup
    this.#parts = parts
    this.#scheduleUs = plan.scheduleMs * 1000
    this.#encoder = new SendEncoder(address.transport, plan.channelNames, scenario.body.text)
    const isLocal = (user: number): boolean => isLocalUser(user, worker, workers)
    this.#schedule =
      plan.closed === null
        ? createOpenSchedule(plan, isLocal)
        : createClosedSchedule(plan, worker, workers, [...plan.senders].filter(isLocal))
    this.sentPerRow = new Uint32Array(rows)
    this.shedPerRow = new Uint32Array(rows)
  }

  start(): void {
    if (this.isOver) return
    this.#isRunning = true
    this.#pump()
  }

  /** Ends before the schedule does. */
  stop(): void {
    this.wasStopped = !this.isOver
    this.#end()
  }

  #end(): void {
    this.#isRunning = false
    this.isOver = true
    if (this.#timer !== null) clearTimeout(this.#timer)
  }

  /** The longest lag since the last call, in ms. */
  takeLagMaxMs(): number {
    const lagMs = this.#lagMaxUs / 1000
    this.#lagMaxUs = 0
    return lagMs
  }

  /** A user of a closed model may think and send again. */
  answered(user: LoadUser): void {
    if (this.#parts.plan.closed === null) return
    this.#schedule.answered(user.index, this.#parts.nowUs())
    this.#pumpSoon()
  }

  /** The server said that it dropped the message with this id of this user. */
  wasShed(user: LoadUser, id: unknown): void {
    const { table } = this
    if (typeof id !== 'number' || !(id >= 0 && id < table.count)) return
    if (table.sender[id] !== user.index || table.state[id] !== MESSAGE_MUST) return
    // Below an overload sends carry no id, so an answer that names one is a guess.
    if (!this.#parts.time.mayBeShed(table.dueUs[id] ?? 0)) return
    table.state[id] = MESSAGE_SHED
    this.shed++
    const row = this.#rowOf(table.dueUs[id] ?? 0)
    this.shedPerRow[row] = (this.shedPerRow[row] ?? 0) + 1
    this.answered(user)
  }

  /** The user's connection ends: nobody must have what it sent on it and had not read itself. */
  senderLeft(user: LoadUser): void {
    const { table } = this
    for (let i = table.count - 1; i >= 0 && (table.callUs[i] ?? 0) >= user.connectUs; i--) {
      if (table.sender[i] !== user.index || table.state[i] !== MESSAGE_MUST) continue
      if (this.#parts.ledger.has(user.index, table.channel[i] ?? 0, table.sequence[i] ?? 0)) continue
      table.state[i] = MESSAGE_SENDER_LEFT
      this.#park(user.index)
    }
  }

  /** A user of a closed model takes up again what it could not send or wait for while it was away. */
  senderJoined(user: LoadUser): void {
    const parked = this.#parked.get(user.index) ?? 0
    this.#parked.delete(user.index)
    for (let i = 0; i < parked; i++) this.answered(user)
  }

  #park(user: number): void {
    if (this.#parts.plan.closed !== null) this.#parked.set(user, (this.#parked.get(user) ?? 0) + 1)
  }

  /** Sends a message that is in no schedule, due now. False where the user cannot send. */
  sendProbe(user: LoadUser, channel: number, sequence: number): boolean {
    if (user.state !== 'joined') return false
    const dueUs = Math.max(Math.ceil(this.#parts.nowUs()), this.#scheduleUs)
    this.#write(user, { sender: user.index, channel, sequence, dueUs, bodyBytes: HEADER_BYTES }, false)
    this.#flush()
    return true
  }

  /**
   * Sends what has become due meanwhile, between one read and the next: otherwise all that falls due while a burst is read would leave in
   * one burst, which comes back as a larger one.
   */
  sendBetweenReads(nowUs: number): void {
    this.#hasRead = true
    if (!this.#isRunning || this.#isBehind || this.#schedule.nextDueUs > nowUs) return
    this.#isBehind = !this.#sendDue()
    if (this.#isBehind) this.#pumpSoon()
    this.#flush()
  }

  #pumpSoon(): void {
    if (this.#isPumpQueued || !this.#isRunning) return
    this.#isPumpQueued = true
    setImmediate(() => this.#pump())
  }

  #pump(): void {
    this.#isPumpQueued = false
    if (!this.#isRunning) return
    this.#isBehind = !this.#sendDue()
    this.#flush()
    const now = this.#parts.nowUs()
    const schedule = this.#schedule
    if (this.#isBehind) this.#pumpSoon()
    else if (schedule.isOver || now >= this.#scheduleUs + MAX_LATE_US || (this.#parts.plan.closed !== null && now >= this.#scheduleUs))
      this.#end()
    else this.#sleep(schedule.nextDueUs - now)
  }

  /** Sends what is due; false when there is more of it than a turn may take. */
  #sendDue(): boolean {
    let taken = 0
    const sentBefore = this.table.count
    while (this.#schedule.nextDueUs <= this.#parts.nowUs()) {
      if (this.table.count - sentBefore >= MAX_SENDS_PER_TURN || taken++ >= MAX_TAKEN_PER_TURN) return false
      this.#schedule.take(this.#due)
      this.#send(this.#due)
    }
    return true
  }

  /** What one user sends within a turn leaves in one system call; only then is it sent. */
  #flush(): void {
    for (const socket of this.#corked) socket.uncork()
    this.#corked.clear()
    const now = this.#parts.nowUs()
    for (const dueUs of this.#duesInTurn) this.#noteLag(now - dueUs)
    this.#duesInTurn.length = 0
  }

  /** A nap is a sleep and not a spin: a thread that spins loses the core for milliseconds as soon as another wants it. */
  #sleep(forUs: number): void {
    const hasRead = this.#hasRead
    this.#hasRead = false
    if (forUs < FINE_WAIT_US) {
      if (!hasRead) Atomics.wait(NEVER_WOKEN, 0, 0, Math.min(forUs, NAP_US) / 1000)
      this.#pumpSoon()
      return
    }
    if (this.#timer !== null) clearTimeout(this.#timer)
    // Through the one queue: a timer that comes while a turn is queued must not begin a second row of naps.
    this.#timer = setTimeout(() => this.#pumpSoon(), Math.min(MAX_TIMER_MS, Math.floor(forUs / 1000) - 1))
  }

  #send(due: DueMessage): void {
    const { time, users, nowUs } = this.#parts
    const isOverload = time.isOverload(due.dueUs)
    const now = nowUs()
    if (isOverload && !time.isOverload(now)) {
      this.overloadUnsent++
      return
    }
    if (now > this.#scheduleUs + MAX_LATE_US) {
      this.unsent++
      return
    }
    const user = users.get(due.sender)
    if (user?.state !== 'joined') {
      this.senderGone++
      this.#park(due.sender)
    } else if ((user.socket?.queuedBytes ?? 0) > MAX_QUEUED_BYTES) {
      this.blocked++
      this.answered(user)
    } else {
      this.#write(user, due, time.mayBeShed(due.dueUs))
      if (!isOverload) this.#duesInTurn.push(due.dueUs)
    }
  }

  #write(user: LoadUser, due: DueMessage, canBeShed: boolean): void {
    const { channel, sequence, sender, dueUs } = due
    const bytes = this.#encoder.encode(due, Math.max(HEADER_BYTES, due.bodyBytes), canBeShed ? this.table.count : -1)
    this.table.push(channel, sequence, sender, dueUs, this.#parts.nowUs())
    this.#writeCorked(user.socket, bytes)
    if (dueUs >= this.#scheduleUs) return
    const row = this.#rowOf(dueUs)
    this.sentPerRow[row] = (this.sentPerRow[row] ?? 0) + 1
  }

  #writeCorked(socket: ChatSocket | null, bytes: Buffer): void {
    if (socket === null) return
    if (!this.#corked.has(socket)) {
      this.#corked.add(socket)
      socket.cork()
    }
    socket.write(bytes)
  }

  #noteLag(lagUs: number): void {
    recordLatency(this.lag, lagUs)
    if (lagUs > this.#lagMaxUs) this.#lagMaxUs = lagUs
  }

  #rowOf(dueUs: number): number {
    return Math.min(this.sentPerRow.length - 1, Math.max(0, (dueUs / (GRID_INTERVAL_MS * 1000)) | 0))
  }
}
