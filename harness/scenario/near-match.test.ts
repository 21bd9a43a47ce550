import { expect, test } from 'vitest'
import { editDistance, nearMatch } from './near-match.ts'

test.each([
  // A letter left out, one too many, one wrong, two swapped.
  { word: 'chanels', meant: 'channels' },
  { word: 'userss', meant: 'users' },
  { word: 'membershop', meant: 'membership' },
  { word: 'usres', meant: 'users' },
  // Capitals do not matter.
  { word: 'slams', meant: 'slaMs' },
  { word: 'Users', meant: 'users' },
  // Nothing is near: better no advice than a wrong one.
  { word: 'colour', meant: undefined },
  { word: 'x', meant: undefined },
  { word: '', meant: undefined },
])('"$word" was meant to be $meant', ({ word, meant }) => {
  expect(nearMatch(word, ['users', 'channels', 'membership', 'slaMs', 'join'])).toBe(meant)
})

test('the nearest wins, and the first of equals', () => {
  expect(nearMatch('stead', ['instead', 'steady'])).toBe('steady')
  expect(nearMatch('bat', ['cat', 'hat'])).toBe('cat')
})

test.each([
  ['', '', 0],
  ['', 'abc', 3],
  ['abc', 'abc', 0],
  ['abc', 'acb', 1],
  ['kitten', 'sitting', 3],
] as const)('from "%s" to "%s" in %i edits', (left, right, distance) => {
  expect(editDistance(left, right)).toBe(distance)
  expect(editDistance(right, left)).toBe(distance)
})
