import { expect, test } from 'vitest'
import { CandidateFault } from '../candidate/fault.ts'
import { candidateFaultText } from './candidate-fault-text.ts'

const PLAIN = { colour: false, width: 100 }

test('a candidate that failed is shown with what it printed last, since that says why', () => {
  const printed = Array.from({ length: 20 }, (_, at) => `line ${at + 1}\n`).join('')
  const lines = candidateFaultText(new CandidateFault('Expected it to build.', printed), PLAIN).split('\n')
  expect(lines.slice(0, 4)).toEqual([
    'The candidate failed: Expected it to build.',
    'What it printed last:',
    '  (5 lines before are not shown)',
    '  line 6',
  ])
  expect(lines.at(-1)).toBe('  line 20')
})

test('a candidate that printed nothing is shown with the reason alone', () => {
  expect(candidateFaultText(new CandidateFault('Expected it to build.', '\n'), PLAIN)).toBe('The candidate failed: Expected it to build.')
})

test('what a candidate printed cannot send escapes to a terminal, nor fill it with one line', () => {
  const text = candidateFaultText(new CandidateFault('No.', `\u001b]0;owned\u0007\u001b[31mred\u001b[0m\n${'x'.repeat(10_000)}`), PLAIN)
  expect(text).toContain('What it printed last:\n  red\n')
  expect(text).not.toContain('\u001b')
  expect(text.length).toBeLessThan(500)
})
