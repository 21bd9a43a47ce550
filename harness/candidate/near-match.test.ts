import { expect, test } from 'vitest'
import { nearMatch } from './near-match.ts'

test.each([
  ['transprot', 'transport'],
  ['Name', 'name'],
  ['readytimeout', 'readyTimeout'],
  ['biuld', 'build'],
  ['zebra', undefined],
])('%s is taken for %s', (written, expected) => {
  expect(nearMatch(written, ['name', 'transport', 'build', 'run', 'readyTimeout'])).toBe(expected)
})
