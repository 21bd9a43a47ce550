import type { ClientRecord, FaultRecord, History, JoinRecord, MessageRecord, ReadRecord, StrayRecord } from './history.ts'

const KEPT_BODY_CHARACTERS = 200
/** Bodies begin with a part that is their own; what shares this much of a beginning is taken for a damaged copy. */
const RESEMBLANCE_CHARACTERS = 12

/** Collects a history. Times are handed in, in milliseconds of one monotonic clock. */
export class HistoryRecorder {
  readonly clients: ClientRecord[] = []
  readonly channels: string[] = []
  readonly joins: JoinRecord[] = []
  readonly messages: MessageRecord[] = []
  readonly reads: ReadRecord[] = []
  readonly strays: StrayRecord[] = []
  readonly faults: FaultRecord[] = []
  readonly quietAtMs: number[] = []
  readonly censuses: (readonly number[])[] = []
  readonly #channelIndex = new Map<string, number>()
  readonly #messageIndex = new Map<string, number>()
  readonly #bodyIndex = new Map<string, number>()
  readonly #beginnings = new Map<string, number>()

  history(): History {
    return this
  }

  addClient(name: string): number {
    this.clients.push({
      name,
      openedAtMs: null,
      closeCalledAtMs: null,
      lastByteAtMs: null,
      closedAtMs: null,
      closeText: '',
      mayBeClosed: '',
      stoppedReadingAtMs: null,
    })
    return this.clients.length - 1
  }

  client(index: number): ClientRecord {
    const client = this.clients[index]
    if (client === undefined) throw new Error(`Expected a client's index, got ${index}. This is a bug in Assay.`)
    return client
  }

  channel(name: string): number {
    const known = this.#channelIndex.get(name)
    if (known !== undefined) return known
    this.channels.push(name)
    this.#channelIndex.set(name, this.channels.length - 1)
    return this.channels.length - 1
  }

  joinCalled(client: number, id: number, channels: readonly string[], callAtMs: number): JoinRecord {
    const join = { client, id, channels: channels.map(name => this.channel(name)), callAtMs, doneAtMs: null, refusedAtMs: null }
    this.joins.push(join)
    return join
  }

  /** Channel and body together must be unlike those of every other message, or reads could not be told apart. */
  messageCalled(client: number, channel: string, body: string, callAtMs: number, mayBeShed = false): number {
    const key = keyOf(channel, body)
    if (this.#messageIndex.has(key))
      throw new Error(`Expected a message that was not sent before, got ${clip(body)} again. This is a bug in Assay.`)
    const index = this.messages.length
    this.messages.push({ client, channel: this.channel(channel), body, callAtMs, answeredAtMs: null, mayBeShed })
    this.#messageIndex.set(key, index)
    this.#bodyIndex.set(body, index)
    if (body.length >= RESEMBLANCE_CHARACTERS) this.#beginnings.set(body.slice(0, RESEMBLANCE_CHARACTERS), index)
    return index
  }

  /** Returns the message that was read, or -1 for a stray. */
  read(client: number, channel: string, body: string, atMs: number): number {
    const message = this.#messageIndex.get(keyOf(channel, body))
    if (message !== undefined) {
      this.reads.push({ client, message, atMs })
      return message
    }
    const bodyBytes = Buffer.byteLength(body)
    this.strays.push({ client, atMs, channel: clip(channel), body: clip(body), bodyBytes, like: this.#resembles(body) })
    return -1
  }

  fault(kind: FaultRecord['kind'], client: number, atMs: number, text: string): void {
    this.faults.push({ kind, client, atMs, text })
  }

  quiet(atMs: number): void {
    this.quietAtMs.push(atMs)
  }

  census(messages: readonly number[]): void {
    this.censuses.push(messages)
  }

  #resembles(body: string): StrayRecord['like'] {
    const same = this.#bodyIndex.get(body)
    if (same !== undefined) return { message: same, differs: 'channel' }
    const near = this.#beginnings.get(body.slice(0, RESEMBLANCE_CHARACTERS))
    return near === undefined ? null : { message: near, differs: 'body' }
  }
}

/** No channel name holds this separator together with its length, so that two pairs never make one key. */
function keyOf(channel: string, body: string): string {
  return `${channel.length}:${channel}${body}`
}

function clip(text: string): string {
  return text.length > KEPT_BODY_CHARACTERS ? `${text.slice(0, KEPT_BODY_CHARACTERS)}…` : text
}
