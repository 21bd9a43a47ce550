/** For tests: feeds a framer as a socket does, the unfinished end of each read before the next. */
import { Buffer } from 'node:buffer'
import type { FrameSink } from './frame-framer.ts'
import type { Framer } from './message-framer.ts'

export interface Framed {
  readonly messages: string[]
  readonly pings: string[]
  readonly closes: { readonly code: number; readonly reason: string }[]
  readonly garbled: string[]
  readonly rest: string
}

/** `cuts`: the sizes of the reads in turn, over and over. */
export function feedInPieces(create: (sink: FrameSink) => Framer, bytes: Buffer, cuts: readonly number[]): Framed {
  const messages: string[] = []
  const pings: string[] = []
  const closes: { code: number; reason: string }[] = []
  const garbled: string[] = []
  const framer = create({
    known: (_, start) => start,
    message: (storage, start, end) => messages.push(storage.toString('utf8', start, end)),
    ping: payload => pings.push(payload.toString()),
    pong: () => undefined,
    closeFrame: (code, reason) => closes.push({ code, reason }),
    garbled: reason => garbled.push(reason),
  })
  let carry = Buffer.alloc(0)
  for (let at = 0, turn = 0; at < bytes.length && garbled.length === 0; turn++) {
    const size = cuts[turn % cuts.length] ?? 1
    const read = Buffer.concat([carry, bytes.subarray(at, at + size)])
    at += size
    carry = Buffer.from(read.subarray(framer.feed(read, 0, read.length)))
  }
  return { messages, pings, closes, garbled, rest: carry.toString() }
}
