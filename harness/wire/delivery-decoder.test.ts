import { Buffer } from 'node:buffer'
import { array, assert, boolean, constantFrom, integer, nat, property, record, shuffledSubarray } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DeliveryDecoder } from './delivery-decoder.ts'
import { type BodyText, type Header, HEADER_BYTES, writeBody } from './payload.ts'

const NAMES = ['c0', 'c1', 'c10', 'rouge "é"', '__proto__']
const deliveries = array(
  record({
    header: record({ channel: nat(NAMES.length - 1), sequence: nat(5000), sender: nat(999), dueUs: nat(60_000_000) }),
    bytes: integer({ min: HEADER_BYTES, max: 200 }),
    order: shuffledSubarray(['type', 'channel', 'body', 'extra', 'nested'], { minLength: 3, maxLength: 5 }),
    escape: boolean(),
  }),
  { minLength: 1, maxLength: 5 },
)
const texts = constantFrom<BodyText>('ascii', 'unicode')
const spaces = constantFrom('', ' ', '\t', '\n ', '  \r\n')

describe('the delivery decoder', () => {
  it('reads the same deliveries whatever the order of fields, the spacing, the escapes and the batching', () => {
    assert(
      property(deliveries, texts, spaces, boolean(), (wanted, text, space, isBatch) => {
        const decoder = new DeliveryDecoder(NAMES, text)
        const objects = wanted.map(delivery => objectText(delivery, text, space))
        for (const message of isBatch ? [`${space}[${objects.join(`${space},${space}`)}]${space}`] : objects) decode(decoder, message)
        // One message at a time is decoded, so the last is what can be seen.
        const last = wanted.slice(isBatch ? 0 : -1)
        expect(decoder.odd).toEqual([])
        expect(cleanOf(decoder)).toEqual(last.map(({ header }) => header))
      }),
      { numRuns: 500 },
    )
  })

  it('notices every damaged byte of a body and of a channel', () => {
    for (const text of ['ascii', 'unicode'] as const) {
      const decoder = new DeliveryDecoder(NAMES, text)
      const header = { channel: 1, sequence: 77, sender: 12, dueUs: 3_000_000 }
      const message = Buffer.from(JSON.stringify({ type: 'message', channel: 'c1', body: bodyText(header, 120, text) }))
      const from = message.indexOf('c1')
      for (let at = from; at < message.length - 2; at++) {
        // Between the two values only the syntax stands; there a change gives something else than a delivery.
        for (const change of [1, 0x20, 0x80]) {
          const damaged = Buffer.from(message)
          damaged[at] = (damaged[at] ?? 0) ^ change
          decoder.decode(damaged, 0, damaged.length)
          expect({ at, change, clean: decoder.clean.count }).toEqual({ at, change, clean: 0 })
        }
      }
    }
  })

  it('never reads beyond the end of a message', () => {
    const decoder = new DeliveryDecoder(NAMES, 'ascii')
    const whole = Buffer.from(
      JSON.stringify({ type: 'message', channel: 'c0', body: bodyText({ channel: 0, sequence: 1, sender: 2, dueUs: 3 }, 40, 'ascii') }),
    )
    for (let end = 0; end < whole.length; end++) {
      decoder.decode(whole, 0, end)
      expect(decoder.clean.count).toBe(0)
      expect(decoder.odd.map(({ kind }) => kind)).toEqual(['garbled'])
    }
  })

  it.each([
    ['a reply', '{"type":"joined","id":1}', 'reply'],
    ['a type that nobody knows', '{"type":"note","text":"hi"}', 'reply'],
    ['a delivery without a body', '{"type":"message","channel":"c0"}', 'garbled'],
    ['a body that is no text', '{"type":"message","channel":"c0","body":1}', 'garbled'],
    ['half an object', '{"type":"message","channel":"c0","body":"half', 'garbled'],
    ['bare text', 'Traceback (most recent call last):', 'garbled'],
    ['two objects side by side', '{"type":"joined","id":1}{"type":"joined","id":2}', 'garbled'],
    ['a number', '42', 'garbled'],
    ['an empty message', '', 'garbled'],
    ['nesting without end', `${'['.repeat(20_000)}${']'.repeat(20_000)}`, 'garbled'],
    ['a batch in a batch', '[[{"type":"joined","id":1}]]', 'garbled'],
    ['a byte order mark', '\ufeff{"type":"joined","id":1}', 'garbled'],
    ['a body that nobody sent', '{"type":"message","channel":"c0","body":"hello"}', 'unknown'],
  ])('tells %s from a clean delivery', (_, text, kind) => {
    const decoder = new DeliveryDecoder(NAMES, 'ascii')
    decode(decoder, text)
    expect(decoder.odd.map(odd => odd.kind)).toEqual([kind])
    expect(decoder.clean.count).toBe(0)
  })

  it('refuses invalid UTF-8, also in a field that it does not know', () => {
    const decoder = new DeliveryDecoder(NAMES, 'ascii')
    const body = bodyText({ channel: 0, sequence: 1, sender: 2, dueUs: 3 }, 40, 'ascii')
    const bytes = Buffer.from(`{"type":"message","channel":"c0","note":"?","body":"${body}"}`)
    bytes[bytes.indexOf('?')] = 0xff
    decoder.decode(bytes, 0, bytes.length)
    expect(decoder.odd.map(({ kind }) => kind)).toEqual(['garbled'])
  })

  it('takes the last of two fields of one name, as JSON does', () => {
    const decoder = new DeliveryDecoder(NAMES, 'ascii')
    const body = bodyText({ channel: 0, sequence: 1, sender: 2, dueUs: 3 }, 40, 'ascii')
    decode(decoder, `{"type":"message","channel":"c0","channel":"c1","body":"${body}"}`)
    expect(decoder.odd.map(({ kind }) => kind)).toEqual(['label'])
    decode(decoder, `{"type":"message","channel":"c1","channel":"c0","body":"${body}","type":"note"}`)
    expect(decoder.odd.map(({ kind }) => kind)).toEqual(['reply'])
  })

  it('keeps the clean deliveries of a batch in which others are wrong', () => {
    const decoder = new DeliveryDecoder(NAMES, 'ascii')
    const first = { channel: 0, sequence: 1, sender: 2, dueUs: 3 }
    const second = { channel: 1, sequence: 4, sender: 5, dueUs: 6 }
    const object = (channel: string, header: Header) => ({ type: 'message', channel, body: bodyText(header, 60, 'ascii') })
    decode(decoder, JSON.stringify([object('c0', first), object('c10', second), object('c1', second), 7]))
    expect(cleanOf(decoder)).toEqual([first, second])
    expect(decoder.odd.map(({ kind }) => kind)).toEqual(['label', 'garbled'])
  })
})

function decode(decoder: DeliveryDecoder, text: string): void {
  // What stands before and behind in the read must not matter.
  const bytes = Buffer.from(`"}]${text}"}]{`)
  decoder.decode(bytes, 3, bytes.length - 4)
}

function cleanOf({ clean }: DeliveryDecoder): Header[] {
  return Array.from({ length: clean.count }, (_, i) => ({
    channel: clean.channels[i] ?? -1,
    sequence: clean.sequences[i] ?? -1,
    sender: clean.senders[i] ?? -1,
    dueUs: clean.duesUs[i] ?? -1,
  }))
}

interface Wanted {
  readonly header: Header
  readonly bytes: number
  readonly order: readonly string[]
  readonly escape: boolean
}

function objectText({ header, bytes, order, escape }: Wanted, text: BodyText, space: string): string {
  const values: Record<string, string> = {
    type: '"message"',
    channel: JSON.stringify(NAMES[header.channel]),
    body: JSON.stringify(bodyText(header, bytes, text)),
    extra: '[1, {"type":"message"}, null]',
    nested: '"{\\"type\\":\\"message\\"}"',
  }
  const names = [...new Set([...order, 'type', 'channel', 'body'])]
  const quoted = (json: string): string => (escape ? json.replaceAll(/(?<!\\)[b-d](?=[^"]*"$)/g, escaped) : json)
  return `{${space}${names.map(name => `${quoted(JSON.stringify(name))}${space}:${space}${quoted(values[name] ?? '')}`).join(`${space},${space}`)}${space}}`
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

function bodyText(header: Header, bytes: number, text: BodyText): string {
  const body = Buffer.alloc(bytes)
  writeBody(body, 0, header, bytes, text)
  return body.toString()
}
