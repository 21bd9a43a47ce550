/** What both transports' framers give and are given: whole messages as byte ranges, whatever the reads cut them into. */
import type { Buffer } from 'node:buffer'

/** A server may batch, but a message larger than this is taken for one that never ends. */
export const MAX_SERVER_MESSAGE_BYTES = 64 * 1024 * 1024

export interface FramerSink {
  /** A text message: `bytes[start..end)`, valid only during the call. */
  message(bytes: Buffer, start: number, end: number): void
  /** Output that is not the protocol; what came before it stands. */
  garbled(reason: string): void
}

export interface Framer {
  /** Takes whole messages from `bytes[start..end)` and returns the index of the first byte that it did not use. */
  feed(bytes: Buffer, start: number, end: number): number
  /** True between two messages: the next byte begins a new one. */
  readonly betweenMessages: boolean
}
