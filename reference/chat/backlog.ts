import type { ByteSink, OutboxContext } from './outbox.ts'

/** How a backlog ends, other than by being discarded. */
export interface BacklogEnd {
  /** All that waited is in the socket, and the socket is drained. */
  caughtUp(): void
  /** The reader was given up, for the reason in words. */
  stalled(reason: string): void
}

/** How much is put into the socket at a time, in bytes: enough to keep the kernel busy, little enough to see progress between two looks. */
const BYTES_PER_DRAIN = 65_536

interface Waiting {
  readonly bytes: Uint8Array
  readonly messages: number
}

/** What waits for a reader that is behind: a queue that goes on with each 'drain', within limits, and looks for progress with back-off. */
export class Backlog {
  private readonly sink: ByteSink
  private readonly context: OutboxContext
  private readonly end: BacklogEnd
  private waiting: Waiting[] = []
  /** Index of the next entry to write; the array is cut only now and then, as shifting it each time would be quadratic. */
  private next = 0
  private waitingBytes = 0
  private waitingMessages = 0
  private looksWithoutProgress = 0
  private bytesInSocketAtLook: number
  private hasDrainedSinceLook = false
  private cancelLook: () => void
  private isOver = false

  constructor(sink: ByteSink, context: OutboxContext, end: BacklogEnd) {
    this.sink = sink
    this.context = context
    this.end = end
    this.bytesInSocketAtLook = sink.writableLength
    sink.once('drain', () => this.goOn())
    this.cancelLook = context.schedule(context.limits.outboxRetryMs, () => this.look())
  }

  get queuedBytes(): number {
    return this.waitingBytes
  }

  /** Queues bytes that hold the given number of messages; gives the reader up where that passes a limit. */
  add(bytes: Uint8Array, messages: number): void {
    if (this.isOver) return
    this.waiting.push({ bytes, messages })
    this.count(bytes.length, messages)
    const { maxOutboxBytes, maxOutboxMessages } = this.context.limits
    if (this.waitingBytes + this.sink.writableLength > maxOutboxBytes) {
      this.giveUp(`slow reader: more than ${maxOutboxBytes} bytes were waiting`)
    } else if (this.waitingMessages > maxOutboxMessages) {
      this.giveUp(`slow reader: more than ${maxOutboxMessages} messages were waiting`)
    }
  }

  /** Forgets what waits, and looks no more. */
  discard(): void {
    if (this.isOver) return
    this.isOver = true
    this.cancelLook()
    this.waiting = []
    this.count(-this.waitingBytes, -this.waitingMessages)
  }

  private goOn(): void {
    if (this.isOver) return
    this.hasDrainedSinceLook = true
    const wantsMore = this.writeSome()
    if (wantsMore && this.waitingMessages === 0 && this.next === this.waiting.length) {
      this.discard()
      this.end.caughtUp()
    } else {
      this.sink.once('drain', () => this.goOn())
    }
  }

  /** Writes until the socket has enough; says whether the socket would take more. */
  private writeSome(): boolean {
    let wantsMore = true
    let written = 0
    this.sink.cork()
    while (this.next < this.waiting.length && (wantsMore || written < BYTES_PER_DRAIN)) {
      const entry = this.waiting[this.next]
      if (entry === undefined) break
      this.next++
      wantsMore = this.sink.write(entry.bytes)
      written += entry.bytes.length
      this.count(-entry.bytes.length, -entry.messages)
    }
    this.sink.uncork()
    if (this.next > 1024 || this.next === this.waiting.length) {
      this.waiting = this.waiting.slice(this.next)
      this.next = 0
    }
    return wantsMore
  }

  /** One of a limited number of looks: progress starts the count again, none makes the next wait twice as long. */
  private look(): void {
    const { outboxRetryMs, maxOutboxRetries } = this.context.limits
    const bytesInSocket = this.sink.writableLength
    const hasMoved = this.hasDrainedSinceLook || bytesInSocket < this.bytesInSocketAtLook
    this.hasDrainedSinceLook = false
    this.bytesInSocketAtLook = bytesInSocket
    this.looksWithoutProgress = hasMoved ? 0 : this.looksWithoutProgress + 1
    if (this.looksWithoutProgress > maxOutboxRetries) {
      this.giveUp(`slow reader: nothing was read over ${this.looksWithoutProgress} looks`)
      return
    }
    this.cancelLook = this.context.schedule(outboxRetryMs * 2 ** this.looksWithoutProgress, () => this.look())
  }

  private giveUp(reason: string): void {
    this.discard()
    this.end.stalled(reason)
  }

  private count(bytes: number, messages: number): void {
    this.waitingBytes += bytes
    this.waitingMessages += messages
    this.context.onQueuedBytes(bytes)
  }
}
