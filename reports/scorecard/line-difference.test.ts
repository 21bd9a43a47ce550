import { array, assert, constantFrom, property } from 'fast-check'
import { expect, test } from 'vitest'
import { hunksOf, lineDifference, type DifferenceLine } from './line-difference.ts'

const text = array(constantFrom('a', 'b', 'c', '', '}'), { maxLength: 30 })

test('both texts can be read off a difference, in order and with their line numbers', () => {
  assert(
    property(text, text, (old, now) => {
      const lines = lineDifference(old.map(line => `${line}\n`).join(''), now.map(line => `${line}\n`).join(''))
      expect(lines.filter(({ kind }) => kind !== 'added').map(line => line.text)).toEqual(old)
      expect(lines.filter(({ kind }) => kind !== 'removed').map(line => line.text)).toEqual(now)
      expect(lines.flatMap(({ after }) => after ?? [])).toEqual(now.map((_, index) => index + 1))
    }),
    { numRuns: 200 },
  )
})

test('a difference is as small as it can be', () => {
  expect(marks(lineDifference('a\nb\nc\nd\n', 'a\nx\nc\nd\ny\n'))).toEqual([' a', '-b', '+x', ' c', ' d', '+y'])
  expect(marks(lineDifference('same\n', 'same'))).toEqual([' same'])
  expect(marks(lineDifference('', 'new'))).toEqual(['+new'])
})

test('texts too long to compare come out whole, and quickly', () => {
  const lines = lineDifference('a\n'.repeat(9000), 'b\n'.repeat(9000))
  expect(lines).toHaveLength(18_000)
})

test('hunks keep every change and no more than the lines around it', () => {
  const before = Array.from({ length: 100 }, (_, index) => `${index}`)
  const after = before.map((line, index) => (index === 10 || index === 80 ? 'x' : line))
  const hunks = hunksOf(lineDifference(before.join('\n'), after.join('\n')), 2)
  expect(hunks.map(hunk => marks(hunk))).toEqual([
    [' 8', ' 9', '-10', '+x', ' 11', ' 12'],
    [' 78', ' 79', '-80', '+x', ' 81', ' 82'],
  ])
})

function marks(lines: readonly DifferenceLine[]): string[] {
  return lines.map(({ kind, text: line }) => `${kind === 'same' ? ' ' : kind === 'added' ? '+' : '-'}${line}`)
}
