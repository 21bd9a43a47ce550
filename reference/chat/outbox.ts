import { Backlog } from './backlog.ts'

/** The part of a socket that an outbox needs; `net.Socket` is one. */
export interface ByteSink {
  /** Takes bytes; false asks the writer to wait for 'drain'. */
  write(bytes: Uint8Array): boolean
  once(event: 'drain', listener: () => void): unknown
  cork(): void
  uncork(): void
  /** Bytes taken but not yet passed to the kernel. */
  readonly writableLength: number
}

export interface OutboxLimits {
  /** The most that may wait for one slow reader, in bytes. */
  readonly maxOutboxBytes: number
  /** The most that may wait for one slow reader, in messages. */
  readonly maxOutboxMessages: number
  /** How long to wait before the first look at whether a stalled reader has moved, in milliseconds; doubles each time. */
  readonly outboxRetryMs: number
  /** How many looks without any progress before the reader is given up. */
  readonly maxOutboxRetries: number
}

/** What all outboxes of a service share. */
export interface OutboxContext {
  readonly limits: OutboxLimits
  /** Runs a task after a delay in milliseconds; returns a function that calls it off. */
  readonly schedule: (delayMs: number, task: () => void) => () => void
  /** Told of every change in the number of bytes that wait, over all outboxes. */
  readonly onQueuedBytes: (change: number) => void
}

/** Whoever has to act when a reader is given up. */
export interface OutboxOwner {
  /** Called once, with the reason in words; the outbox is closed by then. */
  handleOutboxGivenUp(reason: string): void
}

/**
 * What is on its way to one client.
 *
 * As long as the client reads, bytes go straight to its socket and the outbox holds nothing at all. When the kernel takes no
 * more, bytes wait here, within limits; a drained socket takes them on. A reader that stalls is looked at again after a while,
 * then after twice as long, and so on; when the last look still finds no progress, or a limit is passed, the outbox gives up
 * and says why. Nobody else ever waits for it.
 */
export class Outbox {
  private readonly sink: ByteSink
  private readonly context: OutboxContext
  private readonly owner: OutboxOwner
  /** Exists only while the reader is behind: a thousand idle connections should not hold a thousand empty queues. */
  private backlog: Backlog | undefined
  private isClosed = false

  constructor(sink: ByteSink, context: OutboxContext, owner: OutboxOwner) {
    this.sink = sink
    this.context = context
    this.owner = owner
  }

  /** Sends bytes that hold the given number of messages, now or when the reader has caught up. Drops them once closed. */
  write(bytes: Uint8Array, messages: number): void {
    if (this.isClosed) return
    if (this.backlog === undefined) {
      if (this.sink.write(bytes) || this.sink.writableLength === 0) return
      this.backlog = this.startBacklog()
    } else {
      this.backlog.add(bytes, messages)
    }
  }

  /** Whether everything has left for the kernel. */
  get isEmpty(): boolean {
    return this.backlog === undefined && this.sink.writableLength === 0
  }

  /** Bytes that wait here or in the socket. */
  get queuedBytes(): number {
    return (this.backlog?.queuedBytes ?? 0) + this.sink.writableLength
  }

  /** Forgets what waits, and takes nothing more. */
  close(): void {
    this.isClosed = true
    this.backlog?.discard()
    this.backlog = undefined
  }

  private startBacklog(): Backlog {
    const backlog = new Backlog(this.sink, this.context, {
      caughtUp: () => {
        this.backlog = undefined
      },
      stalled: reason => {
        this.close()
        this.owner.handleOutboxGivenUp(reason)
      },
    })
    return backlog
  }
}
