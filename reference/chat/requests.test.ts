import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseRequest } from './requests.ts'

const LIMITS = { maxNameBytes: 64, maxBodyBytes: 16_384, maxChannelsPerJoin: 4 }

function parse(value: unknown) {
  return parseRequest(JSON.stringify(value), LIMITS)
}

describe('parseRequest', () => {
  test('reads each request and ignores fields that it does not know', () => {
    expect(parse({ type: 'join', id: 0, channels: ['a'], extra: [] })).toEqual({ type: 'join', id: 0, channels: ['a'] })
    expect(parse({ type: 'send', channel: 'a', body: '' })).toEqual({ type: 'send', id: undefined, channel: 'a', body: '' })
    expect(parse({ type: 'hello', id: 2 ** 53 - 1, username: 'ada' })).toEqual({ type: 'hello', id: 2 ** 53 - 1, username: 'ada' })
    expect(parse({ type: 'dance', id: 'x'.length })).toEqual({ type: 'unknown' })
  })

  test.each([
    ['no JSON', '{'],
    ['no object', '[]'],
    ['null', 'null'],
    ['no type', '{}'],
    ['a negative id', '{"type":"join","id":-1,"channels":[]}'],
    ['an id beyond 2^53-1', '{"type":"join","id":9007199254740992,"channels":[]}'],
    ['a join without id', '{"type":"join","channels":["a"]}'],
    ['channels that are no array', '{"type":"join","id":1,"channels":"a"}'],
    ['a channel that is no string', '{"type":"join","id":1,"channels":[1]}'],
    ['too many channels', '{"type":"join","id":1,"channels":["a","b","c","d","e"]}'],
    ['an empty name', '{"type":"send","channel":"","body":"x"}'],
    ['a body that is no string', '{"type":"send","channel":"a","body":1}'],
    ['a hello without a name', '{"type":"hello","id":1}'],
    ['deep nesting', `{"type":"join","id":1,"channels":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
  ])('refuses %s', (_what, text) => {
    expect(parseRequest(text, LIMITS).type).toBe('invalid')
  })

  test('names the id in a refusal where there is one', () => {
    expect(parse({ type: 'send', id: 7, channel: 'a' })).toMatchObject({ type: 'invalid', id: 7 })
  })

  test('counts names and bodies in bytes, and takes the longest', () => {
    expect(parse({ type: 'send', channel: 'é'.repeat(32), body: '𝄞'.repeat(4096) }).type).toBe('send')
    expect(parse({ type: 'send', channel: 'é'.repeat(33), body: '' }).type).toBe('invalid')
    expect(parse({ type: 'send', channel: 'a', body: '𝄞'.repeat(4097) }).type).toBe('invalid')
  })

  test('never throws, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.jsonValue().map(value => JSON.stringify({ type: 'join', id: 1, channels: value })),
        ),
        text => {
          expect(parseRequest(text, LIMITS).type).toBeTypeOf('string')
        },
      ),
    )
  })
})
