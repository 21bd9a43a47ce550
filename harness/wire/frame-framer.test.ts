import { Buffer } from 'node:buffer'
import { array, assert, boolean, integer, property, record, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FrameFramer } from './frame-framer.ts'
import { type Framed, feedInPieces } from './framer-fixture.ts'
import { OPCODE } from './websocket-frames.ts'

const sizes = array(integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 20 })
const messages = array(
  record({
    text: string({ unit: 'grapheme', maxLength: 200 }),
    /** Where the message is cut into fragments. */
    fragments: array(integer({ min: 0, max: 300 }), { maxLength: 4 }),
    pingBetween: boolean(),
  }),
  { maxLength: 8 },
)

describe('the frame framer', () => {
  it('gives the same messages however they are fragmented, whatever comes between, and however the reads are cut', () => {
    assert(
      property(messages, sizes, (sent, cuts) => {
        const bytes = Buffer.concat(
          sent.flatMap(({ text, fragments, pingBetween }) => fragmented(Buffer.from(text), fragments, pingBetween)),
        )
        const got = feed(bytes, cuts)
        expect(got.messages).toEqual(sent.map(({ text }) => text))
        expect(got.garbled).toEqual([])
        expect(got.rest).toBe('')
      }),
    )
  })

  it('reads lengths of all three forms', () => {
    const texts = [0, 1, 125, 126, 127, 65_535, 65_536, 200_000].map(length => 'a'.repeat(length))
    const got = feed(Buffer.concat(texts.map(text => frame(OPCODE.text, Buffer.from(text)))), [65_537])
    expect(got.messages.map(text => text.length)).toEqual(texts.map(text => text.length))
  })

  it('gives pings and the close with their payloads', () => {
    const close = Buffer.concat([Buffer.from([0x03, 0xf5]), Buffer.from('too slow')])
    const got = feed(Buffer.concat([frame(OPCODE.ping, Buffer.from('p')), frame(OPCODE.close, close)]), [1])
    expect(got.pings).toEqual(['p'])
    expect(got.closes).toEqual([{ code: 1013, reason: 'too slow' }])
    expect(feed(frame(OPCODE.close, Buffer.alloc(0)), [1]).closes).toEqual([{ code: 1005, reason: '' }])
  })

  it.each([
    ['a masked frame', Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x61, 0x61])],
    ['a reserved bit', Buffer.from([0xc1, 0x01, 0x61])],
    ['an unknown opcode', Buffer.from([0x83, 0x00])],
    ['a binary message', frame(OPCODE.binary, Buffer.from('x'))],
    ['a continuation of nothing', frame(OPCODE.continuation, Buffer.from('x'))],
    [
      'a new message inside a fragmented one',
      Buffer.concat([frame(OPCODE.text, Buffer.from('a'), false), frame(OPCODE.text, Buffer.from('b'))]),
    ],
    ['a control frame in fragments', frame(OPCODE.ping, Buffer.from('x'), false)],
    ['a control frame that is too long', frame(OPCODE.ping, Buffer.alloc(126))],
    ['a length beyond every limit', Buffer.from([0x81, 127, 0, 0, 1, 0, 0, 0, 0, 0])],
  ])('refuses %s, and keeps what came before', (_, bad) => {
    const got = feed(Buffer.concat([frame(OPCODE.text, Buffer.from('before')), bad]), [1000])
    expect(got.messages).toEqual(['before'])
    expect(got.garbled).toHaveLength(1)
  })
})

function feed(bytes: Buffer, cuts: readonly number[]): Framed {
  return feedInPieces(sink => new FrameFramer(sink), bytes, cuts)
}

function fragmented(payload: Buffer, places: readonly number[], pingBetween: boolean): Buffer[] {
  const cuts = [0, ...places.map(place => Math.min(place, payload.length)).toSorted((a, b) => a - b), payload.length]
  const parts = cuts.slice(1).map((end, index) => payload.subarray(cuts[index], end))
  return parts.flatMap((part, index) => {
    const one = frame(index === 0 ? OPCODE.text : OPCODE.continuation, part, index === parts.length - 1)
    return pingBetween ? [one, frame(OPCODE.ping, Buffer.from('between'))] : [one]
  })
}

function frame(opcode: number, payload: Buffer, final = true): Buffer {
  const { length } = payload
  const first = (final ? 0x80 : 0) | opcode
  if (length < 126) return Buffer.concat([Buffer.from([first, length]), payload])
  if (length < 65_536) return Buffer.concat([Buffer.from([first, 126, length >>> 8, length & 255]), payload])
  const header = Buffer.alloc(10)
  header[0] = first
  header[1] = 127
  header.writeBigUInt64BE(BigInt(length), 2)
  return Buffer.concat([header, payload])
}
