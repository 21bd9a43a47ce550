/** A scene: clients against one server, what they do recorded as one history, and the waiting between its acts. */
import type { RunningCandidate } from '../candidate/running-candidate.ts'
import { HistoryRecorder } from '../record/history-recorder.ts'
import type { Random } from '../scenario/seeded-random.ts'
import type { ChatAddress } from '../wire/chat-socket.ts'
import { OWN_LIMITS } from '../wire/own-limits.ts'
import type { ReadArea } from '../wire/read-area.ts'
import { Actor, isSettled, type JoinTicket } from './actor.ts'
import { LossError, type Patience, STUCK_IDLE_MS, StuckError, UndecidedError, watchCpu } from './patience.ts'
import { PendingDeliveries } from './pending-deliveries.ts'
import type { SceneDesk } from './scene-desk.ts'

/** Nothing read for this long, and the server idle: what has not come by then is lost. */
const SILENCE_MS = 5000
const IDLE_WAIT_MS = 30_000
const IDLE_CPU_SHARE = 0.05
const LOOK_MS = 500
/** After all is quiet, how long late duplicates are read for. */
const LATE_MS = 1000
/** One fresh message may be lost like any other; the next one shows that the server lives. */
const FRESH_EVERY_MS = 2000
const CLOSE_MS = 2000
const CONNECTING_AT_ONCE = 50

export interface SceneOptions {
  readonly server: RunningCandidate
  readonly patience: Patience
  readonly random: Random
  readonly area: ReadArea
  readonly nowMs: () => number
}

export class Scene implements SceneDesk {
  readonly server: RunningCandidate
  readonly address: ChatAddress
  readonly area: ReadArea
  readonly recorder = new HistoryRecorder()
  readonly pending = new PendingDeliveries()
  readonly actors: Actor[] = []
  readonly patience: Patience
  readonly nowMs: () => number
  lostChannels = 0
  readonly #mark: string
  #names = 0
  #bodies = 0
  #misreads = 0
  #lastHeardMs: number
  #canary: Actor | undefined

  constructor(options: SceneOptions) {
    const { server, patience, random, area } = options
    if (server.transport === 'http') throw new Error('Expected a chat server, got one that speaks http.')
    this.server = server
    this.patience = patience
    this.area = area
    this.nowMs = () => options.nowMs()
    this.address = { transport: server.transport, host: server.host, port: server.port }
    this.#mark = random
      .below(36 ** 5)
      .toString(36)
      .padStart(5, '0')
    this.#lastHeardMs = this.nowMs()
  }

  /** What went wrong besides missing deliveries: refusals, garbled, stray or doubled output, closes that nothing provoked. */
  get mishaps(): number {
    const { clients, faults, strays } = this.recorder
    const dropped = clients.filter(
      ({ openedAtMs, closedAtMs, closeCalledAtMs, mayBeClosed }) =>
        openedAtMs !== null && closedAtMs !== null && closeCalledAtMs === null && mayBeClosed === '',
    )
    return faults.length + strays.length + dropped.length + this.#misreads
  }

  /** A channel name that nothing else uses; at most 64 bytes. */
  freshChannel(prefix = 'room'): string {
    return `${prefix}-${this.#mark}${(this.#names++).toString(36)}`
  }

  freshBody(): string {
    return `${this.#mark}${(this.#bodies++).toString(36).padStart(5, '0')}. hello`
  }

  misread(): void {
    this.#misreads++
  }

  heard(): void {
    this.#lastHeardMs = this.nowMs()
    this.patience.wake()
  }

  wake(): void {
    this.patience.wake()
  }

  async until(isDone: () => boolean, actor: Actor | undefined, what: string): Promise<void> {
    try {
      await this.patience.until(isDone, what, this.server)
    } catch (error) {
      if (error instanceof StuckError) this.recorder.fault('stuck', actor?.index ?? -1, this.nowMs(), error.message)
      throw error
    }
  }

  /** Begins to connect, without waiting. */
  connect(name: string): Actor {
    const actor = new Actor(this, name)
    this.actors.push(actor)
    return actor
  }

  async open(name: string): Promise<Actor> {
    const actor = this.connect(name)
    await this.opened([actor])
    return actor
  }

  async openMany(count: number, name: string): Promise<Actor[]> {
    const actors: Actor[] = []
    for (let at = 0; at < count; at += CONNECTING_AT_ONCE) {
      const wave = Array.from({ length: Math.min(CONNECTING_AT_ONCE, count - at) }, (_, place) => this.connect(`${name} ${at + place + 1}`))
      await this.opened(wave)
      actors.push(...wave)
    }
    return actors
  }

  /**
   * Waits until they are connected; one that is turned away counts as dropped, and ends the check.
   *
   * @throws UndecidedError where it was not the server that turned it away.
   */
  async opened(actors: readonly Actor[]): Promise<void> {
    await this.until(
      () => actors.every(actor => actor.hasOpened || actor.isClosed),
      actors.find(actor => !actor.hasOpened),
      'Expected a connection to be accepted',
    )
    const failed = actors.find(actor => !actor.hasOpened)
    if (failed === undefined) return
    const { closeText } = this.recorder.client(failed.index)
    if (OWN_LIMITS.has(closeText)) {
      throw new UndecidedError(`Assay could open no more connections here (${closeText}): no descriptors or ports are left for them.`)
    }
    const text = `Expected a connection to be accepted, got it closed (${closeText})`
    this.recorder.fault('closed', failed.index, this.nowMs(), text)
    throw new StuckError(text)
  }

  /** Everyone joins the same channels at once, and all are acknowledged. */
  async enterAll(actors: readonly Actor[], channels: readonly string[]): Promise<void> {
    const tickets = actors.map(actor => actor.join(channels))
    await this.settledAll(actors, tickets)
  }

  /** Ticket `i` belongs to actor `i`. */
  async settledAll(actors: readonly Actor[], tickets: readonly JoinTicket[]): Promise<void> {
    let from = 0
    const isDone = (): boolean => {
      while (from < tickets.length && isDoneAt(actors[from], tickets[from])) from++
      return from === tickets.length
    }
    // Who is stuck is known only once it is: the first that is not settled.
    try {
      // A server that takes one after the other is slow, and not stuck.
      await this.patience.until(isDone, 'Expected a join to be acknowledged', this.server, () => from)
    } catch (error) {
      if (error instanceof StuckError) this.recorder.fault('stuck', actors[from]?.index ?? -1, this.nowMs(), error.message)
      throw error
    }
  }

  /** Waits until every join that anyone of the open has asked for is acknowledged or refused. */
  async allSettled(): Promise<void> {
    const waiting = this.actors.flatMap(actor => actor.unsettled.map(ticket => ({ actor, ticket })))
    await this.settledAll(
      waiting.map(({ actor }) => actor),
      waiting.map(({ ticket }) => ticket),
    )
  }

  /** Waits until all musts are met. When it is sure that they never will be, the moment counts as quiet and the check ends. */
  async settle(): Promise<void> {
    if (await this.trySettle()) return
    await this.quiet()
    throw new LossError('What must be delivered was not.')
  }

  /**
   * Waits until all musts are met, or it is sure that they never will be; true when all are met. Otherwise `lostChannels` says in how many
   * channels something is missing. Only where no verdict hangs on it, `silenceMs` may be shorter than the contract's 5 s.
   */
  async trySettle(silenceMs = SILENCE_MS): Promise<boolean> {
    const cpu = watchCpu(this.server, this.nowMs)
    let silentMs = 0
    while (this.pending.total > 0) {
      const beforeMs = this.#lastHeardMs
      await this.patience.within(LOOK_MS, () => this.pending.total === 0, this.server)
      cpu.sample()
      silentMs = this.#lastHeardMs === beforeMs ? silentMs + LOOK_MS : 0
      if (silentMs < silenceMs) continue
      if (silenceMs >= SILENCE_MS && !this.#isOver(silentMs, cpu.shareOverLast(LOOK_MS * 4))) continue
      this.lostChannels = new Set([...this.pending.messages].map(message => this.recorder.messages[message]?.channel)).size
      this.pending.forget()
      return false
    }
    return true
  }

  /**
   * Waits until things are quiet, as the contract has it: all that must come has come, or surely will not; then a fresh message is
   * delivered, and one more second read.
   */
  async quiet(): Promise<void> {
    await this.trySettle()
    this.pending.forget()
    await this.#deliverFresh()
    await this.patience.pause(LATE_MS, this.server)
    this.recorder.quiet(this.nowMs())
  }

  /** Actors that are closed and will not be looked at again: their sockets need not be kept. */
  retire(actors: readonly Actor[]): void {
    const retired = new Set(actors.filter(actor => actor.isClosed))
    this.actors.splice(0, this.actors.length, ...this.actors.filter(actor => !retired.has(actor)))
  }

  /** Those who are surely members now. */
  membersOf(channel: string): Actor[] {
    const members = this.pending.membersOf(channel)
    return this.actors.filter(actor => members.has(actor.index))
  }

  /** Lets go of everyone, and gives the server a moment to see it. */
  async close(): Promise<void> {
    for (const actor of this.actors) if (!actor.isClosed) actor.close('close')
    // What ends a check must not keep it from being cleaned up.
    await this.patience.within(CLOSE_MS, () => this.actors.every(actor => actor.isClosed), this.server).catch(() => false)
    for (const actor of this.actors) actor.client.destroy()
  }

  #isOver(silentMs: number, cpuShare: number): boolean {
    const isIdle = cpuShare < IDLE_CPU_SHARE || this.server.sample() === null
    if (!isIdle && silentMs < SILENCE_MS + IDLE_WAIT_MS) return false
    if (silentMs < STUCK_IDLE_MS && this.#unreadMessage() !== undefined) return false
    this.#noteStuckMessage(`nobody read it within ${Math.round(silentMs / 1000)} s of silence${isIdle ? ', with the server idle' : ''}`)
    return true
  }

  /** A message that must be delivered and that nobody at all has read. */
  #unreadMessage(): number | undefined {
    const read = new Set(this.recorder.reads.map(({ message }) => message))
    return [...this.pending.messages].find(message => !read.has(message))
  }

  /** A send without any effect for so long is stuck, even if it should come when something else moves the server. */
  #noteStuckMessage(how: string): void {
    const message = this.#unreadMessage()
    const record = this.recorder.messages[message ?? -1]
    if (record === undefined) return
    const channel = JSON.stringify(this.recorder.channels[record.channel])
    const text = `Expected ${JSON.stringify(record.body.slice(0, 40))}, sent to ${channel}, to be delivered; ${how}.`
    this.recorder.fault('stuck', record.client, this.nowMs(), text)
  }

  async #deliverFresh(): Promise<void> {
    if (this.#canary === undefined || !this.#canary.isOpen) {
      this.#canary = await this.open('the last word')
      await this.#canary.enter([this.freshChannel('last')])
    }
    const channel = this.recorder.channels[this.recorder.joins.findLast(join => join.client === this.#canary?.index)?.channels[0] ?? -1]
    if (channel === undefined) return
    const canary = this.#canary
    const sent = new Set<number>()
    let nextMs = 0
    const isRead = (): boolean => {
      if (this.nowMs() >= nextMs && canary.isOpen) {
        sent.add(canary.send(channel))
        nextMs = this.nowMs() + FRESH_EVERY_MS
      }
      const waiting = new Set(this.pending.messages)
      return [...sent].some(message => !waiting.has(message))
    }
    await this.until(() => canary.isClosed || isRead(), canary, 'Expected a fresh message to be delivered')
  }
}

function isDoneAt(actor: Actor | undefined, ticket: JoinTicket | undefined): boolean {
  return actor === undefined || ticket === undefined || isSettled(ticket) || actor.isClosed
}
