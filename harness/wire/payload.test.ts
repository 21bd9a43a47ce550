import { Buffer } from 'node:buffer'
import { array, assert, constantFrom, integer, nat, property, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bodyMatches, type BodyText, type Header, HEADER_BYTES, MAX_CHANNEL, MAX_SEQUENCE, readHeader, writeBody } from './payload.ts'

const headers = record({
  channel: nat(MAX_CHANNEL),
  sequence: nat(MAX_SEQUENCE),
  sender: nat(64 ** 4 - 1),
  dueUs: nat(2 ** 41),
})
const texts = constantFrom<BodyText>('ascii', 'unicode')

describe('a load message body', () => {
  it('is read back field by field and matches itself', () => {
    assert(
      property(headers, integer({ min: HEADER_BYTES, max: 2000 }), texts, (header, bytes, text) => {
        const body = bodyOf(header, bytes, text)
        const read = emptyHeader()
        expect(readHeader(body, 0, read)).toBe(true)
        expect(read).toEqual(header)
        expect(bodyMatches(body, 0, bytes, read, text)).toBe(true)
      }),
    )
  })

  it('is valid UTF-8 at every length', () => {
    for (let bytes = HEADER_BYTES; bytes < HEADER_BYTES + 40; bytes++) {
      const body = bodyOf({ channel: 3, sequence: bytes, sender: 9, dueUs: 12 }, bytes, 'unicode')
      expect(Buffer.from(body.toString()).equals(body)).toBe(true)
    }
  })

  it('shows every change of a single byte, wherever it is', () => {
    assert(
      property(headers, integer({ min: HEADER_BYTES, max: 120 }), texts, nat(), nat(254), (header, bytes, text, place, change) => {
        const body = bodyOf(header, bytes, text)
        const at = place % bytes
        body[at] = ((body[at] ?? 0) + 1 + change) % 256
        expect(isClean(body, text)).toBe(false)
      }),
      { numRuns: 2000 },
    )
  })

  it('shows a change of any one digit of a header without padding', () => {
    const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_'
    const body = bodyOf({ channel: 70, sequence: 5000, sender: 999, dueUs: 123_456_789 }, HEADER_BYTES, 'ascii')
    for (let at = 2; at < HEADER_BYTES; at++) {
      for (const digit of Buffer.from(digits)) {
        const changed = Buffer.from(body)
        changed[at] = digit
        expect(isClean(changed, 'ascii')).toBe(changed.equals(body))
      }
    }
  })

  it('shows that its end is missing, or that something was added', () => {
    assert(
      property(headers, integer({ min: HEADER_BYTES, max: 300 }), texts, integer({ min: 1, max: 300 }), (header, bytes, text, cut) => {
        const body = bodyOf(header, bytes, text)
        expect(isClean(body.subarray(0, Math.max(0, bytes - cut)), text)).toBe(false)
        const longer = bodyOf(header, bytes + cut, text)
        expect(isClean(Buffer.concat([body, longer.subarray(bytes)]), text)).toBe(false)
      }),
    )
  })

  it('is no other message with the same padding', () => {
    assert(
      property(array(headers, { minLength: 2, maxLength: 2 }), ([first, second]) => {
        if (first === undefined || second === undefined) return
        const mixed = Buffer.concat([
          bodyOf(first, 200, 'ascii').subarray(0, HEADER_BYTES),
          bodyOf(second, 200, 'ascii').subarray(HEADER_BYTES),
        ])
        const isSame = mixed.equals(bodyOf(first, 200, 'ascii'))
        expect(isClean(mixed, 'ascii')).toBe(isSame)
      }),
    )
  })
})

function bodyOf(header: Header, bytes: number, text: BodyText): Buffer {
  const body = Buffer.alloc(bytes)
  writeBody(body, 0, header, bytes, text)
  return body
}

function isClean(body: Buffer, text: BodyText): boolean {
  const header = emptyHeader()
  return body.length >= HEADER_BYTES && readHeader(body, 0, header) && bodyMatches(body, 0, body.length, header, text)
}

function emptyHeader(): Header {
  return { channel: -1, sequence: -1, sender: -1, dueUs: -1 }
}
