import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { plainLine, plainText } from './terminal-escapes.ts'

test.each([
  // A colour, a window title ended either way, a cursor movement, and an 8-bit sequence all vanish without a trace.
  ['\u001b[31mred\u001b[0m', 'red'],
  ['\u001b]0;title\u0007text', 'text'],
  ['\u001b]8;;http://example.com\u001b\\link\u001b]8;;\u001b\\', 'link'],
  ['a\u001b[2J\u001b[Hb', 'ab'],
  ['\u009b31mred', 'red'],
  // A string without an end must not swallow the lines behind it.
  ['\u001b]0;never ended\nnext line', '0;never ended\nnext line'],
  ['50 %\r100 %\r\ndone', '50 %\n100 %\ndone'],
  ['a\u0000b\u0008c\u007f', 'a␀b␈c␡'],
  ['abc\u202edef', 'abc\ufffddef'],
])('takes the terminal out of %j', (raw, plain) => {
  expect(plainText(raw)).toBe(plain)
})

test('no text leaves an escape or a control character behind', () => {
  const hostile = fc.array(
    fc.constantFrom('\u001b', '[', ']', '31m', '\u0007', '\u009b', '\u009d', '\u009c', 'P', '\\', 'x', '\u0000', '\r', '\ud800'),
  )
  fc.assert(
    fc.property(hostile, parts => {
      // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
      expect(plainText(parts.join(''))).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]|[\ud800-\udfff]/u)
    }),
  )
})

test('a flood of introducers without an end costs linear time', () => {
  expect(plainText('\u009d'.repeat(262_144)).length).toBe(262_144)
  expect(plainText('\u001b]'.repeat(131_072))).toBe('')
})

test('one line stays one line', () => {
  expect(plainLine(' a\n\tb\u2028c  d ')).toBe('a b c d')
})
