/**
 * What clients of an examination asked for and read, on one monotonic clock. Calls are stamped before the write that holds a request's last
 * byte, acknowledgements and reads after the read that completes them: each interval is only ever wider than the truth, so that a pause of
 * the harness can hide a violation but never make one. Clients, channels and messages are referred to by their index.
 */
export interface History {
  readonly clients: readonly ClientRecord[]
  readonly channels: readonly string[]
  readonly joins: readonly JoinRecord[]
  readonly messages: readonly MessageRecord[]
  readonly reads: readonly ReadRecord[]
  readonly strays: readonly StrayRecord[]
  readonly faults: readonly FaultRecord[]
  /** Moments at which things had become quiet, ascending. */
  readonly quietAtMs: readonly number[]
  /** Messages that were sent to one channel, when quiet, to learn who its members are: they must reach the same receivers. */
  readonly censuses: readonly (readonly number[])[]
}

export interface ClientRecord {
  readonly name: string
  openedAtMs: number | null
  /** When the harness began to close it. */
  closeCalledAtMs: number | null
  lastByteAtMs: number | null
  /** When its end was seen, whoever began it. */
  closedAtMs: number | null
  /** How the server ended it, in words; empty while it is open. */
  closeText: string
  /** Why the server may close it (`replaced`, `evicted`, …); empty: it may not. */
  mayBeClosed: string
  /** When the harness stopped reading for good; a reader that pauses and goes on is a reader. */
  stoppedReadingAtMs: number | null
}

export interface JoinRecord {
  readonly client: number
  readonly id: number
  readonly channels: readonly number[]
  readonly callAtMs: number
  doneAtMs: number | null
  refusedAtMs: number | null
}

export interface MessageRecord {
  readonly client: number
  readonly channel: number
  readonly body: string
  readonly callAtMs: number
  /** Set where the server said that it dropped the message (`shed`, `error`); only sends with an id can be answered. */
  answeredAtMs: number | null
  /** Above the floors only: an answered message is not a lost one. */
  readonly mayBeShed: boolean
}

/** A delivery whose channel and body are, exactly, those of a message that was sent. */
export interface ReadRecord {
  readonly client: number
  readonly message: number
  readonly atMs: number
}

/** A delivery that equals no message. */
export interface StrayRecord {
  readonly client: number
  readonly atMs: number
  readonly channel: string
  /** Clipped for keeping; `bodyBytes` is its whole length. */
  readonly body: string
  readonly bodyBytes: number
  /** The message that it resembles, and in what it differs from it; `null` when it resembles none. */
  readonly like: { readonly message: number; readonly differs: 'channel' | 'body' } | null
}

/** What a client saw that no delivery explains. */
export interface FaultRecord {
  /**
   * `garbled`: output that is not the protocol. `refused`: a valid request answered by an error. `stuck`: a request without effect.
   * `closed`: a connection that could not be opened at all.
   */
  readonly kind: 'garbled' | 'refused' | 'stuck' | 'closed'
  readonly client: number
  readonly atMs: number
  readonly text: string
}
