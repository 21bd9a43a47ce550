import { expect, test } from 'vitest'
import type { RunRecord } from '../../harness/record/run-record.ts'
import { passingRun } from '../fixture/run-fixture.ts'
import { renderComparison } from '../comparison-report.ts'
import { renderComparisonText } from '../comparison-text.ts'
import { compareGroups, groupRuns, NotComparableError } from './comparison.ts'

function run(candidate: string, p99: number): RunRecord {
  const record = passingRun({ candidate })
  return { ...record, summary: { ...record.summary, completionMs: { ...record.summary.completionMs, p99 } } }
}

function differenceInP99(first: readonly number[], second: readonly number[]): string | undefined {
  const groups = groupRuns([...first.map(p99 => run('first', p99)), ...second.map(p99 => run('second', p99))])
  return compareGroups(groups).metrics.find(({ metric }) => metric.name === 'completion p99')?.differences[1]?.kind
}

test.each([
  // Far apart, both tight.
  [[100, 102, 104], [200, 204, 203], 'worse'],
  [[200, 204, 203], [100, 102, 104], 'better'],
  // Overlapping ranges.
  [[100, 150, 200], [180, 190, 260], 'none'],
  // Apart, but by less than the repeats of one differ among themselves.
  [[100, 160, 170], [171, 172, 173], 'none'],
  // One run says nothing about chance, however far apart.
  [[100], [900, 901], 'single'],
])('p99 of %j against %j is %s', (first, second, kind) => {
  expect(differenceInP99(first, second)).toBe(kind)
})

test('runs of one candidate form one group, and equal names from different targets do not', () => {
  const other = run('first', 1)
  const elsewhere = { ...other, candidate: { ...other.candidate, target: 'ws://127.0.0.1:9000' } }
  expect(groupRuns([run('first', 1), run('second', 1), run('first', 2), elsewhere]).map(group => [group.name, group.runs.length])).toEqual([
    ['first (reference/chat, ws)', 2],
    ['second', 1],
    ['first (ws://127.0.0.1:9000, ws)', 1],
  ])
})

test('runs of different plans are refused with what to do', () => {
  const groups = groupRuns([run('first', 1), { ...run('second', 1), planHash: 'another' }])
  expect(() => renderComparison(groups)).toThrow(NotComparableError)
  expect(() => renderComparisonText(groups, { colour: false, width: 80 })).toThrow(/Expected runs of one plan, got 2.*same scenario/)
  expect(() => renderComparison([])).toThrow(/at least one run/)
})

test('single, unfinished and inconclusive runs are pointed out before any figure', () => {
  const unsure = run('second', 2)
  const groups = groupRuns([run('first', 1), { ...unsure, status: 'interrupted', summary: { ...unsure.summary, verdict: 'inconclusive' } }])
  const text = renderComparisonText(groups, { colour: false, width: 80 })
  for (const words of ['did not come to their end', 'inconclusive', 'told from chance', 'not told from chance'])
    expect(text.replaceAll(/\n/g, ' ')).toContain(words)
  expect(renderComparison(groups)).toContain('did not come to their end')
})
