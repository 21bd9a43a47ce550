/** One client of a scene: it asks, reads, and has all of it written down. */
import { Buffer } from 'node:buffer'
import type { JoinRecord } from '../record/history.ts'
import { HistoryClient, type HistoryClientSink } from '../wire/history-client.ts'
import type { CloseInfo } from '../wire/chat-socket.ts'
import type { SceneDesk } from './scene-desk.ts'

export type ActorRequest = JoinRequest | SendRequest

/** `id`: one that it must have, and that no other request of its connection has; default the next one. */
export interface JoinRequest {
  readonly join: readonly string[]
  readonly id?: number | undefined
  readonly writing?: Writing
}

export interface SendRequest {
  readonly send: string
  readonly body?: string
  readonly mayBeShed?: boolean
  readonly writing?: Writing
}

/** How a request's fields become a JSON text; default `JSON.stringify`. */
export type Writing = (fields: RequestFields) => string

export type RequestFields = Readonly<Record<string, string | number | readonly string[]>>

/** A join that was asked for. `settled` once it was acknowledged or refused. */
export interface JoinTicket {
  readonly record: JoinRecord
  readonly channels: readonly string[]
}

export class Actor implements HistoryClientSink {
  readonly index: number
  readonly name: string
  readonly client: HistoryClient
  /** Bytes and deliveries read so far. */
  heardBytes = 0
  deliveries = 0
  /** Ids in the order in which they were acknowledged. */
  readonly acknowledged: number[] = []
  /** Ids that were acknowledged though no join of it had them. */
  readonly strangeIds: number[] = []
  welcomed = 0
  /** Errors read, with or without an id. */
  refusals = 0
  readonly #desk: SceneDesk
  readonly #joins = new Map<number, JoinTicket>()
  readonly #sends = new Map<number, number>()
  readonly #hellos = new Set<number>()
  /** Channels that it asked to join, and messages that it has read. */
  readonly #asked = new Set<string>()
  readonly #read = new Set<number>()
  #nextId = 1
  #discards = false
  #mayBeRefused = false

  constructor(desk: SceneDesk, name: string) {
    this.#desk = desk
    this.name = name
    this.index = desk.recorder.addClient(name)
    this.client = new HistoryClient(desk.address, desk.area, this)
  }

  get isOpen(): boolean {
    const { openedAtMs, closeCalledAtMs, closedAtMs } = this.#desk.recorder.client(this.index)
    return openedAtMs !== null && closeCalledAtMs === null && closedAtMs === null
  }

  /** From now on what it reads is thrown away unrecorded: a stopped reader is only looked at for its end. */
  discard(): void {
    this.#discards = true
  }

  /** Joins that are neither acknowledged nor refused yet. */
  get unsettled(): JoinTicket[] {
    return this.isClosed ? [] : [...this.#joins.values()].filter(ticket => !isSettled(ticket))
  }

  get isClosed(): boolean {
    return this.#desk.recorder.client(this.index).closedAtMs !== null
  }

  get hasOpened(): boolean {
    return this.#desk.recorder.client(this.index).openedAtMs !== null
  }

  /** Asks to join, without waiting. */
  join(channels: readonly string[]): JoinTicket {
    const { bytes, commit } = this.#encodeJoin({ join: channels })
    const ticket = commit(this.#desk.nowMs())
    this.client.write(bytes)
    return ticket
  }

  /** Joins and waits for the acknowledgement. */
  async enter(channels: readonly string[]): Promise<void> {
    await this.settled([this.join(channels)])
  }

  /** Waits until all are acknowledged or refused, or the connection is closed. */
  async settled(tickets: readonly JoinTicket[]): Promise<void> {
    await this.#desk.settledAll(
      tickets.map(() => this),
      tickets,
    )
  }

  /** Sends a message of so many bytes, in ASCII, that does not stand in the history: for readers whose reading nobody judges. */
  sendUnjudged(channel: string, bodyBytes: number): void {
    const body = this.#desk.freshBody().padEnd(bodyBytes, ' for nobody')
    this.client.write(this.client.encode(JSON.stringify({ type: 'send', channel, body })))
  }

  /** Sends one message of its own kind, and returns its index in the history. */
  send(channel: string, body?: string, mayBeShed = false): number {
    const { bytes, commit } = this.#encodeSend({ send: channel, body: body ?? this.#desk.freshBody(), mayBeShed })
    const message = commit(this.#desk.nowMs())
    this.client.write(bytes)
    return message
  }

  hello(username: string): number {
    const id = this.#nextId++
    this.#hellos.add(id)
    this.client.write(this.client.encode(JSON.stringify({ type: 'hello', id, username })))
    return id
  }

  /** Many requests in one write, or in the pieces into which `cut` takes their bytes. */
  pipeline(requests: readonly ActorRequest[], cut: (bytes: Buffer) => readonly Buffer[] = bytes => [bytes]): JoinTicket[] {
    const encoded = requests.map(request =>
      'join' in request ? this.#encodeJoin(request) : this.#encodeSend({ ...request, body: request.body ?? this.#desk.freshBody() }),
    )
    const callAtMs = this.#desk.nowMs()
    const tickets = encoded.flatMap(({ commit }) => {
      const committed = commit(callAtMs)
      return typeof committed === 'number' ? [] : [committed]
    })
    for (const piece of cut(Buffer.concat(encoded.map(({ bytes }) => bytes)))) this.client.write(piece)
    return tickets
  }

  /** The server may close it from now on, for this reason. */
  mayBeClosed(reason: string): void {
    this.#desk.recorder.client(this.index).mayBeClosed = reason
  }

  /** The server may close it, or refuse its joins, from now on. */
  mayBeTurnedAway(reason: string): void {
    this.mayBeClosed(reason)
    this.#mayBeRefused = true
  }

  /** Stops reading for good: what it misses is nobody's fault. */
  stopReading(reason = 'a stopped reader may be evicted'): void {
    this.#desk.recorder.client(this.index).stoppedReadingAtMs ??= this.#desk.nowMs()
    this.mayBeClosed(reason)
    this.#desk.pending.gone(this.index)
    this.client.pause()
  }

  close(how: 'close' | 'reset' | 'destroy' | 'end' = 'close'): void {
    this.#desk.recorder.client(this.index).closeCalledAtMs ??= this.#desk.nowMs()
    this.#desk.pending.gone(this.index)
    this.client[how]()
  }

  opened(): void {
    this.#desk.recorder.client(this.index).openedAtMs = this.#desk.nowMs()
    this.#desk.wake()
  }

  heard(bytes: number): void {
    this.heardBytes += bytes
    this.#desk.recorder.client(this.index).lastByteAtMs = this.#desk.nowMs()
  }

  delivery(channel: string, body: string): void {
    this.deliveries++
    this.#desk.heard()
    if (this.#discards) return
    const message = this.#desk.recorder.read(this.index, channel, body, this.#desk.nowMs())
    if (message < 0) return
    if (this.#read.has(message) || !this.#asked.has(channel)) this.#desk.misread()
    this.#read.add(message)
    this.#desk.pending.read(this.index, message)
  }

  joined(id: number): void {
    this.#desk.heard()
    const ticket = this.#joins.get(id)
    if (ticket === undefined) this.strangeIds.push(id)
    if (ticket === undefined || isSettled(ticket)) return
    this.acknowledged.push(id)
    ticket.record.doneAtMs = this.#desk.nowMs()
    if (this.isOpen) this.#desk.pending.joined(this.index, ticket.channels)
  }

  welcome(id: number): void {
    this.#desk.heard()
    if (this.#hellos.has(id)) this.welcomed++
  }

  shed(id: number): void {
    this.#desk.heard()
    this.#answered(id)
  }

  refused(id: number | null, message: string): void {
    this.refusals++
    this.#desk.heard()
    if (id === null || this.#answered(id) || this.#hellos.has(id)) return
    const ticket = this.#joins.get(id)
    if (ticket === undefined || isSettled(ticket)) return
    ticket.record.refusedAtMs = this.#desk.nowMs()
    if (this.#mayBeRefused) return
    const text = `a valid join of ${ticket.channels.length} channel(s) was refused: ${JSON.stringify(message.slice(0, 200))}`
    this.#desk.recorder.fault('refused', this.index, this.#desk.nowMs(), text)
  }

  garbled(reason: string): void {
    this.#desk.recorder.fault('garbled', this.index, this.#desk.nowMs(), reason)
    // From here on it is we who let go.
    this.#desk.recorder.client(this.index).closeCalledAtMs ??= this.#desk.nowMs()
  }

  closed(info: CloseInfo): void {
    const record = this.#desk.recorder.client(this.index)
    record.closedAtMs = this.#desk.nowMs()
    record.closeText = describeClose(info)
    this.#desk.pending.gone(this.index)
    this.#desk.wake()
  }

  #answered(id: number): boolean {
    const message = this.#sends.get(id)
    const record = message === undefined ? undefined : this.#desk.recorder.messages[message]
    if (message === undefined || record === undefined) return false
    record.answeredAtMs ??= this.#desk.nowMs()
    if (record.mayBeShed) this.#desk.pending.excused(message)
    return true
  }

  #encodeJoin({ join: channels, id = this.#nextId++, writing = JSON.stringify }: JoinRequest): Encoded<JoinTicket> {
    const commit = (callAtMs: number): JoinTicket => {
      const ticket = { record: this.#desk.recorder.joinCalled(this.index, id, channels, callAtMs), channels }
      this.#joins.set(id, ticket)
      for (const channel of channels) this.#asked.add(channel)
      return ticket
    }
    return { bytes: this.client.encode(writing({ type: 'join', id, channels })), commit }
  }

  #encodeSend({
    send: channel,
    body,
    mayBeShed = false,
    writing = JSON.stringify,
  }: SendRequest & { readonly body: string }): Encoded<number> {
    const id = mayBeShed ? this.#nextId++ : undefined
    const commit = (callAtMs: number): number => {
      const message = this.#desk.recorder.messageCalled(this.index, channel, body, callAtMs, mayBeShed)
      if (id !== undefined) this.#sends.set(id, message)
      this.#desk.pending.sent(this.index, message, channel)
      return message
    }
    return { bytes: this.client.encode(writing({ type: 'send', ...(id === undefined ? {} : { id }), channel, body })), commit }
  }
}

/** The bytes of a request, and what is to be noted once they are written. */
interface Encoded<T> {
  readonly bytes: Buffer
  readonly commit: (callAtMs: number) => T
}

export function isSettled(ticket: JoinTicket): boolean {
  return ticket.record.doneAtMs !== null || ticket.record.refusedAtMs !== null
}

/** A writing: as usual, but for each UTF-16 unit of the body, which is an escape of its own. */
export function withBodyEscaped({ body, ...others }: RequestFields): string {
  return `${JSON.stringify(others).slice(0, -1)},"body":${escapeAll(String(body))}}`
}

/** Each UTF-16 unit as an escape of its own. */
export function escapeAll(text: string): string {
  let escaped = ''
  for (let at = 0; at < text.length; at++) escaped += `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`
  return `"${escaped}"`
}

function describeClose(info: CloseInfo): string {
  const parts = [info.code === 0 ? '' : `code ${info.code}`, info.reason, info.error].filter(part => part !== '')
  return parts.length === 0 ? 'end of stream' : parts.join(', ')
}
