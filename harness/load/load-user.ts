/** One virtual user: its connection, how far it has come, and how fast it reads. */
import type { Buffer } from 'node:buffer'
import type { PlanCohort } from '../scenario/plan-cohorts.ts'
import { joinText } from '../wire/chat-encoder.ts'
import { type ChatAddress, ChatSocket, type ChatSocketSink, type CloseInfo } from '../wire/chat-socket.ts'
import type { ReadArea } from '../wire/read-area.ts'
import type { Intake, Reader } from './intake.ts'

/** The contract's limit for one join. */
const MAX_CHANNELS_PER_JOIN = 1000

export type UserState = 'away' | 'connecting' | 'joining' | 'joined' | 'closed'

/** What a user tells the worker that plays it. */
export interface UserEvents {
  joinedUser(user: LoadUser): void
  /** The connection is over; `wanted` when our side closed it. */
  closedUser(user: LoadUser, info: CloseInfo): void
  ownCopy(user: LoadUser): void
  reply(user: LoadUser, fields: Readonly<Record<string, unknown>>): void
}

export class LoadUser implements ChatSocketSink, Reader {
  readonly index: number
  readonly cohort: number
  state: UserState = 'away'
  /** When the connection was begun and its join was sent, for time-outs and the join's latency (µs). */
  connectUs = 0
  joinUs = 0
  /** When the schedule had the user come (µs); NaN for one who came before it began, as fast as the server let it in. */
  cameUs = NaN
  socket: ChatSocket | null = null
  /** Bytes that this user may still read, where its cohort is throttled. */
  readBudgetBytes = Infinity
  isPaused = false

  readonly #intake: Intake
  readonly #events: UserEvents
  readonly #channels: readonly string[]
  readonly #nowUs: () => number
  readonly #isThrottled: boolean
  /** The ids of joins that are not acknowledged yet. */
  readonly #joinsOpen = new Set<number>()

  constructor(
    index: number,
    cohort: number,
    reading: PlanCohort['reading'],
    channels: readonly string[],
    intake: Intake,
    events: UserEvents,
    nowUs: () => number,
  ) {
    this.index = index
    this.cohort = cohort
    this.#channels = channels
    this.#intake = intake
    this.#events = events
    this.#nowUs = nowUs
    this.#isThrottled = reading === 'throttled'
  }

  connect(address: ChatAddress, area: ReadArea, localAddress: string | undefined): void {
    this.state = 'connecting'
    this.connectUs = this.#nowUs()
    this.isPaused = false
    this.socket = new ChatSocket(address, area, this, localAddress)
  }

  /** Leaves in good order. */
  leave(): void {
    this.state = 'closed'
    this.socket?.close()
  }

  pauseReading(): void {
    if (this.isPaused) return
    this.isPaused = true
    this.socket?.pause()
  }

  resumeReading(): void {
    if (!this.isPaused) return
    this.isPaused = false
    this.socket?.resume()
  }

  opened(): void {
    this.state = 'joining'
    this.joinUs = this.#nowUs()
    for (let first = 0; first < this.#channels.length; first += MAX_CHANNELS_PER_JOIN) {
      const id = this.#joinsOpen.size + 1
      this.#joinsOpen.add(id)
      this.socket?.send(joinText(id, this.#channels.slice(first, first + MAX_CHANNELS_PER_JOIN)))
    }
  }

  bytesRead(bytes: number): void {
    this.#intake.beginRead()
    if (!this.#isThrottled) return
    this.readBudgetBytes -= bytes
    if (this.readBudgetBytes <= 0) this.pauseReading()
  }

  known(bytes: Buffer, start: number, end: number): number {
    return this.#intake.takeKnown(this, bytes, start, end)
  }

  message(bytes: Buffer, start: number, end: number, frameStart: number, frameEnd: number): void {
    this.#intake.takeMessage(this, bytes, start, end, frameStart, frameEnd)
  }

  garbled(reason: string): void {
    this.#intake.garbled(this, reason)
  }

  closed(info: CloseInfo): void {
    this.socket = null
    this.#joinsOpen.clear()
    this.#events.closedUser(this, info)
  }

  ownCopy(): void {
    this.#events.ownCopy(this)
  }

  reply(fields: Readonly<Record<string, unknown>>): void {
    const { type, id } = fields
    // An acknowledgement of something else says nothing about our join.
    if (type === 'joined' && this.state === 'joining' && typeof id === 'number' && this.#joinsOpen.delete(id)) {
      if (this.#joinsOpen.size > 0) return
      this.state = 'joined'
      this.#events.joinedUser(this)
    } else this.#events.reply(this, fields)
  }
}
