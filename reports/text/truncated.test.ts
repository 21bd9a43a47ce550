import { expect, test } from 'vitest'
import { tailWithin, truncated } from './truncated.ts'

test('a short text stays, a long one says how much was cut', () => {
  expect(truncated('abc', 3)).toBe('abc')
  expect(truncated('abcdef', 3)).toBe('abc… (3 more characters)')
})

test('a surrogate pair is never cut in two', () => {
  expect(truncated('a😀b', 2)).toBe('a… (3 more characters)')
  expect(tailWithin('a😀b', 2, () => 1)).toBe('😀b')
  expect(tailWithin('a😀b', 3, character => character.length)).toBe('😀b')
  expect(tailWithin('a😀b', 2, character => character.length)).toBe('b')
})
