import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Outcome } from '../record/check-record.ts'
import { checkRecord, checkResult } from './check-record-fixture.ts'
import type { Interview } from './interview.ts'
import { judgeRubric, type LineStatus } from './rubric-judgement.ts'
import { parseRubric } from './rubric.ts'

const rubric = parseRubric(readFileSync(new URL('../../docs/rubric.yaml', import.meta.url), 'utf8'), 'docs/rubric.yaml')
const asked = rubric.lines.filter(line => line.decides === 'interviewer').map(line => line.id)

/** Everything asked was seen, and two hints were given, but for what a row says. */
function interview(not: readonly string[] = [], extra: Readonly<Record<string, boolean>> = {}, hints = 2): Interview {
  const ticks = { ...Object.fromEntries(asked.map(id => [id, !not.includes(id)])), ...extra }
  const given = Array.from({ length: hints }, () => ({ stage: '1', level: 1, text: 'Who else runs now?' }))
  return { ticks, hints: given, notes: [], stages: [], grade: null }
}

const STAGE_2: Record<string, Outcome> = { 's2.isolation': 'fail', 's2.bounded': 'fail', 's2.eviction': 'fail' }
const NOT_ASKED: Record<string, Outcome> = Object.fromEntries(
  ['s2.isolation', 's2.bounded', 's2.eviction', 's2.recovery', 's3.capacity', 's3.mesh', 's3.shedding', 's3.connections'].map(id => [
    id,
    'not attempted' as const,
  ]),
)

test.each<[string, Record<string, Outcome>, Interview | null, string]>([
  ['all right and all seen', {}, interview(), 'level one: 4; level two: 3'],
  [
    'all right and nobody asked',
    {},
    null,
    'level one: none yet, the interviewer decides on 3 and 4; level two: none yet, the interviewer decides on 3',
  ],
  ['a race is never made good', { 's1.race.first-join': 'fail' }, interview(), 'level one: below 3; level two: below 3'],
  ['two details may be missed', { 's1.body': 'fail', 's1.disconnect': 'fail' }, interview(), 'level one: 4; level two: 3'],
  [
    'three are too many',
    { 's1.body': 'fail', 's1.disconnect': 'fail', 's1.cost.join': 'fail' },
    interview(),
    'level one: below 3; level two: below 3',
  ],
  ['stage 2 was described', STAGE_2, interview([], { 'slow-readers': true }), 'level one: 4; level two: 3'],
  [
    'stage 2 fails and nobody said more',
    STAGE_2,
    interview(),
    'level one: none yet, the interviewer decides on 3 and 4; level two: none yet, the interviewer decides on 3',
  ],
  ['stage 2 fails and was not described', STAGE_2, interview([], { 'slow-readers': false }), 'level one: below 3; level two: below 3'],
  ['only stage 1 was asked for', NOT_ASKED, interview(), 'level one: 4; level two: 3'],
  [
    'a race could not be decided',
    { 's1.race.churn': 'inconclusive' },
    interview(),
    'level one: none yet, the interviewer decides on 3 and 4; level two: none yet, the interviewer decides on 3',
  ],
  ['too many hints', {}, interview([], {}, 9), 'level one: below 3; level two: below 3'],
  ['saw nothing early', {}, interview(['sees-early']), 'level one: 3; level two: 3'],
  ['no word on the worst load', {}, interview(['worst-case']), 'level one: 4; level two: below 3'],
  ['never asked for the SLA', {}, interview(['sla', 'sharded']), 'level one: 4; level two: 3'],
])('%s', (_, outcomes, held, expected) => {
  expect(judgeRubric(rubric, checkRecord(outcomes), held).suggestedGrade).toBe(expected)
})

test('what was not asked for lowers nothing, whichever check it is', () => {
  const full = judgeRubric(rubric, checkRecord(), interview())
  for (const { id } of checkRecord().checks) {
    const less = judgeRubric(rubric, checkRecord({ [id]: 'not attempted' }), interview())
    expect(less.grades.map(({ standing }) => standing)).toEqual(full.grades.map(({ standing }) => standing))
  }
})

test('a check that fails instead of passing never raises a grade', () => {
  const rank = { 'not reached': 0, open: 1, reached: 2 } as const
  for (const { id } of checkRecord().checks) {
    for (const held of [null, interview()]) {
      const before = judgeRubric(rubric, checkRecord(), held).grades
      const after = judgeRubric(rubric, checkRecord({ [id]: 'fail' }), held).grades
      after.forEach((grade, index) => expect(rank[grade.standing]).toBeLessThanOrEqual(rank[before[index]?.standing ?? 'not reached']))
    }
  }
})

test.each<[Outcome, boolean | undefined, LineStatus]>([
  ['pass', undefined, 'met'],
  ['pass', false, 'met'],
  ['fail', undefined, 'open'],
  ['fail', true, 'met'],
  ['fail', false, 'not met'],
  ['not attempted', undefined, 'not observable'],
  ['not attempted', true, 'met'],
  ['inconclusive', undefined, 'not observable'],
])('a line that either may decide, with checks that end as %s and a tick of %s, is %s', (outcome, tick, status) => {
  const ticks: Record<string, boolean> = tick === undefined ? {} : { 'short-pauses': tick }
  const { lines } = judgeRubric(rubric, checkRecord({ 's2.recovery': outcome }), { ...interview(), ticks })
  expect(lines.find(({ line }) => line.id === 'short-pauses')?.status).toBe(status)
})

test('one failure among repetitions is a failure', () => {
  const record = { ...checkRecord(), checks: [checkResult('s1.fanout', 'pass'), checkResult('s1.fanout', 'fail', { repetition: 2 })] }
  expect(judgeRubric(rubric, record, interview()).lines.find(({ line }) => line.id === 'delivers')?.status).toBe('not met')
})

test('a candidate that never started has no grade', () => {
  expect(judgeRubric(rubric, { ...checkRecord(), status: 'failed', checks: [] }).suggestedGrade).toBeNull()
})
