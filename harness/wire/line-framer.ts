/** The `tcp` transport: a message is a line ended by `\n`. */
import type { Buffer } from 'node:buffer'
import { type Framer, type FramerSink, MAX_SERVER_MESSAGE_BYTES } from './message-framer.ts'

const NEWLINE = 0x0a
const CARRIAGE_RETURN = 0x0d

export class LineFramer implements Framer {
  readonly #sink: FramerSink
  /** Bytes of the unfinished line that are known to hold no newline, so that a long line is searched once. */
  #searchedBytes = 0

  constructor(sink: FramerSink) {
    this.#sink = sink
  }

  feed(bytes: Buffer, start: number, end: number): number {
    let at = start
    let from = start + this.#searchedBytes
    for (;;) {
      if (from === at && at < end) {
        const known = this.#sink.known(bytes, at, end)
        if (known > at) {
          at = known
          from = at
          continue
        }
      }
      const newline = bytes.indexOf(NEWLINE, from)
      if (newline < 0 || newline >= end) break
      if (!isBlank(bytes, at, newline)) this.#sink.message(bytes, at, newline, at, newline + 1)
      at = newline + 1
      from = at
    }
    this.#searchedBytes = end - at
    if (this.#searchedBytes > MAX_SERVER_MESSAGE_BYTES) {
      this.#sink.garbled(`Expected a line of at most ${MAX_SERVER_MESSAGE_BYTES} bytes, got one without end`)
      this.#searchedBytes = 0
      return end
    }
    return at
  }
}

/** Blank lines are not judged, whatever the line's end is. */
function isBlank(bytes: Buffer, start: number, end: number): boolean {
  return start === end || (start + 1 === end && bytes[start] === CARRIAGE_RETURN)
}
