import { Buffer } from 'node:buffer'
import { array, assert, integer, property, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { feedInPieces } from './framer-fixture.ts'
import { LineFramer } from './line-framer.ts'

const lines = array(
  string({ unit: 'grapheme', minLength: 1, maxLength: 60 }).map(text => text.replaceAll(/[\r\n]/g, '.')),
  { maxLength: 12 },
)

describe('the line framer', () => {
  it('gives the same lines however the reads are cut', () => {
    assert(
      property(lines, array(integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 }), (texts, cuts) => {
        const bytes = Buffer.from(texts.map(text => `${text}\n`).join(''))
        const { messages, garbled } = feedInPieces(sink => new LineFramer(sink), bytes, cuts)
        expect(messages).toEqual(texts)
        expect(garbled).toEqual([])
      }),
    )
  })

  it('keeps an unfinished line back', () => {
    const { messages, rest } = feedInPieces(sink => new LineFramer(sink), Buffer.from('one\ntwo\nthr'), [4, 3])
    expect(messages).toEqual(['one', 'two'])
    expect(rest).toBe('thr')
  })

  it('passes over blank lines, with either end', () => {
    const { messages } = feedInPieces(sink => new LineFramer(sink), Buffer.from('\n\r\na\r\n\n\nb\n'), [3])
    expect(messages).toEqual(['a\r', 'b'])
  })

  it('does not look beyond the bytes of the read', () => {
    const messages: string[] = []
    const framer = new LineFramer({
      known: (_, start) => start,
      message: (bytes, start, end) => messages.push(bytes.toString('utf8', start, end)),
      garbled: () => undefined,
    })
    const stale = Buffer.from('new|stale\nstale\n')
    expect(framer.feed(stale, 0, 3)).toBe(0)
    expect(messages).toEqual([])
  })

  it('leaves known bytes to its sink and goes on behind them', () => {
    const messages: string[] = []
    const framer = new LineFramer({
      known: (bytes, start, end) => (bytes.toString('utf8', start, end).startsWith('seen\n') ? start + 5 : start),
      message: (bytes, start, end) => messages.push(bytes.toString('utf8', start, end)),
      garbled: () => undefined,
    })
    const bytes = Buffer.from('seen\nseen\nnew\nseen\nse')
    expect(framer.feed(bytes, 0, bytes.length)).toBe(bytes.length - 2)
    expect(messages).toEqual(['new'])
  })
})
