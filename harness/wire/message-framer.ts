/** What both transports' framers give and are given: whole messages as byte ranges, whatever the reads cut them into. */
import type { Buffer } from 'node:buffer'

/** A server may batch, but a message larger than this is taken for one that never ends. */
export const MAX_SERVER_MESSAGE_BYTES = 64 * 1024 * 1024

export interface FramerSink {
  /**
   * Asked wherever a message begins: the index up to which the sink knows what follows, whole messages with their framing, and has dealt
   * with it; `start` where it does not know the first.
   */
  known(bytes: Buffer, start: number, end: number): number
  /**
   * A text message: `bytes[start..end)`, valid only during the call. With its framing it is `bytes[frameStart..frameEnd)`; `frameStart` is
   * -1 for a message that came in fragments.
   */
  message(bytes: Buffer, start: number, end: number, frameStart: number, frameEnd: number): void
  /** Output that is not the protocol; what came before it stands. */
  garbled(reason: string): void
}

export interface Framer {
  /** Takes whole messages from `bytes[start..end)` and returns the index of the first byte that it did not use. */
  feed(bytes: Buffer, start: number, end: number): number
}
