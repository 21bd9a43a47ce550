import { Batch, Contribution } from './batch.ts'
import type { Channel } from './channel.ts'
import type { Connection, Delivery, Message } from './chat-server.ts'
import { FlushPace } from './flush-pace.ts'

/** A connection that takes what a turn brought it in one piece. */
export interface BatchedConnection extends Connection {
  /** What this turn's channels contributed so far. Written by TurnDelivery alone. */
  batch: Batch | undefined
  /** Whether the connection is on the list of those to flush at the end of the turn. Written by TurnDelivery alone. */
  isDue: boolean
  /** Sends the turn's batch, and whatever replies wait with it, in one write. */
  flush(batch: Batch | undefined): void
}

export interface TurnDeliveryOptions {
  /** A flush comes at once when a turn has collected this much, in UTF-16 units of JSON text. */
  readonly maxTurnLength: number
  /** The clock, in milliseconds. */
  readonly now: () => number
  /** Runs a task when the event loop has read what there is to read. */
  readonly atTurnEnd: (task: () => void) => void
  readonly pace: FlushPace
  readonly onDelivered?: (messages: number, deliveries: number) => void
}

/** How often, in messages, a long turn looks at the clock. */
const MESSAGES_BETWEEN_CLOCK_READS = 64

/**
 * Collects what a turn of the event loop brings, and gives each connection its share in one write.
 *
 * A write to a socket costs microseconds in the kernel whether it carries one message or fifty, so the number of writes is
 * what decides how many deliveries a second a server makes. The more load there is, the more a turn brings, and the more each
 * write carries: the server grows more efficient as it gets busier. `FlushPace` says when it pays to collect for longer than
 * one turn.
 */
export class TurnDelivery<C extends BatchedConnection> implements Delivery<C> {
  private readonly options: TurnDeliveryOptions
  private channels: Channel<C>[] = []
  private due: C[] = []
  private isScheduled = false
  private firstPendingAtMs = 0
  private pendingLength = 0
  private pendingMessages = 0
  private messagesAtLastTurnEnd = 0

  constructor(options: TurnDeliveryOptions) {
    this.options = options
  }

  deliver(channel: Channel<C>, message: Message): void {
    if (!channel.hasPending) this.channels.push(channel)
    this.pendingLength += channel.collect(message.body)
    this.pendingMessages++
    this.schedule()
    if (this.pendingLength >= this.options.maxTurnLength || this.isTurnTooLong()) this.flush()
  }

  /** Puts a connection that has replies to send on the list for the end of the turn. */
  markDue(connection: C): void {
    if (connection.isDue) return
    connection.isDue = true
    this.due.push(connection)
    this.schedule()
  }

  /** Sends all that was collected, now. */
  flush(): void {
    const { now, pace } = this.options
    const startedAtMs = now()
    this.spreadOverMembers()
    const due = this.due
    this.due = []
    this.pendingLength = 0
    this.pendingMessages = 0
    this.messagesAtLastTurnEnd = 0
    for (const connection of due) {
      const batch = connection.batch
      connection.batch = undefined
      connection.isDue = false
      connection.flush(batch)
    }
    const endedAtMs = now()
    pace.noteFlush(startedAtMs, endedAtMs)
    this.firstPendingAtMs = endedAtMs
  }

  private schedule(): void {
    if (this.isScheduled) return
    this.isScheduled = true
    this.firstPendingAtMs = this.options.now()
    this.options.atTurnEnd(this.endTurn)
  }

  /** Waits another turn only while messages keep coming and the pace allows it; silence means that senders wait for an answer. */
  private readonly endTurn = (): void => {
    const { atTurnEnd, now, pace } = this.options
    const isStillComing = this.pendingMessages > this.messagesAtLastTurnEnd
    if (isStillComing && pace.waitMs > 0 && now() - this.firstPendingAtMs < pace.waitMs) {
      this.messagesAtLastTurnEnd = this.pendingMessages
      atTurnEnd(this.endTurn)
      return
    }
    this.isScheduled = false
    this.flush()
  }

  /** Reading a deep backlog can keep the loop in one turn for long; those who wait for its first message should not wait for its last. */
  private isTurnTooLong(): boolean {
    if (this.pendingMessages % MESSAGES_BETWEEN_CLOCK_READS !== 0) return false
    return this.options.now() - this.firstPendingAtMs > this.options.pace.maxTurnMs
  }

  private spreadOverMembers(): void {
    const channels = this.channels
    this.channels = []
    const start = new Batch()
    for (const channel of channels) {
      const contribution = new Contribution(channel.takePending())
      for (const member of channel.members) {
        if (!member.isDue) {
          member.isDue = true
          this.due.push(member)
        }
        member.batch = (member.batch ?? start).followedBy(contribution)
      }
      this.options.onDelivered?.(contribution.messageCount, contribution.messageCount * channel.members.size)
    }
  }
}
