import { execFileSync } from 'node:child_process'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { quoteForShell } from './quote-for-shell.ts'

test.each([
  ['reports/out/check.json#s1.race', 'reports/out/check.json#s1.race'],
  ['my server', "'my server'"],
  ["ann's", "'ann'\\''s'"],
  // A comment, were it not quoted.
  ['#1', "'#1'"],
  ['', "''"],
])('%j is %s', (word, quoted) => {
  expect(quoteForShell(word)).toBe(quoted)
})

test('a shell reads back what was quoted', () => {
  const words = fc.array(fc.string({ unit: fc.constantFrom(...'aZ0 \'"\\\\$`#~!*?[]{}()<>|&;=\t\n'.split('')), maxLength: 8 }), {
    maxLength: 50,
  })
  fc.assert(
    fc.property(words, given => {
      const script = given.map(word => `printf '%s\\0' ${quoteForShell(word)}\n`).join('')
      expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' })).toBe(given.map(word => `${word}\0`).join(''))
    }),
    { numRuns: 20 },
  )
})
