import { expect, test } from 'vitest'
import { MisuseError } from '../candidate/fault.ts'
import type { CheckRecord, CheckResult, Outcome } from '../record/check-record.ts'
import { assertGradable, expectationText, isAsExpected, judgeExpectation } from './expectation.ts'

const EXPECTED = { must: ['s1.race.churn'], may: ['s1.fanout'] }

test('a sample whose musts fail, and nothing else but what may, is as expected', () => {
  const result = judgeExpectation(recordOf(['s1.race.churn', 'fail'], ['s1.fanout', 'fail'], ['s1.body', 'pass']), EXPECTED)
  expect(isAsExpected(result)).toBe(true)
})

test('a must that was not asked for is not missed, one that passed or could not be decided is', () => {
  expect(judgeExpectation(recordOf(['s1.race.churn', 'not attempted'], ['s1.body', 'pass']), EXPECTED).missed).toEqual([])
  expect(judgeExpectation(recordOf(['s1.race.churn', 'pass']), EXPECTED).missed).toEqual(['s1.race.churn'])
  expect(judgeExpectation(recordOf(['s1.race.churn', 'inconclusive']), EXPECTED).missed).toEqual(['s1.race.churn'])
})

test('found twice of three times is missed', () => {
  const result = judgeExpectation(recordOf(['s1.race.churn', 'fail'], ['s1.race.churn', 'pass'], ['s1.race.churn', 'fail']), EXPECTED)
  expect(isAsExpected(result)).toBe(false)
})

test('a failure that nobody foresaw, and an examination that did not end, are not as expected', () => {
  const result = judgeExpectation(recordOf(['s1.race.churn', 'fail'], ['s1.body', 'fail']), EXPECTED)
  expect(result.unexpected).toEqual(['s1.body'])
  expect(expectationText('x', result)).toBe('x: not as expected (failed too: s1.body).')
  const broken = judgeExpectation({ ...recordOf(['s1.race.churn', 'fail']), status: 'interrupted' }, EXPECTED)
  expect(isAsExpected(broken)).toBe(false)
})

test('what could not be decided beside the musts is told, and held against nobody', () => {
  const result = judgeExpectation(recordOf(['s1.race.churn', 'fail'], ['s1.body', 'inconclusive']), EXPECTED)
  expect(result.undecided).toEqual(['s1.body'])
  expect(isAsExpected(result)).toBe(true)
})

function recordOf(...outcomes: readonly (readonly [id: string, outcome: Outcome])[]): CheckRecord {
  return {
    kind: 'assay-check',
    version: 1,
    exercise: 'chat',
    candidate: 'x',
    language: 'go',
    transport: 'tcp',
    target: 'x',
    containment: '',
    status: 'finished',
    statusText: '',
    startedAt: '2026-01-01T00:00:00.000Z',
    endedAt: '2026-01-01T00:00:00.000Z',
    durationMs: 0,
    seed: 1,
    quick: false,
    slaMs: 1000,
    usernames: null,
    suggestedGrade: null,
    checks: outcomes.map(([id, outcome], index): CheckResult => resultOf(id, outcome, index)),
    output: '',
  }
}

function resultOf(id: string, outcome: Outcome, repetition: number): CheckResult {
  return { id, stage: '1', title: '', outcome, reason: '', evidence: [], power: null, figures: {}, durationMs: 0, repetition }
}

test('a grading that names no check of its exercise is refused, whatever the other exercise has', () => {
  assertGradable({ must: ['s1.fanout'], may: ['safe.malformed'] }, 'chat', 'a.yaml')
  assertGradable({ must: ['k2.durable'], may: ['safe.http'] }, 'kv', 'a.yaml')
  expect(() => assertGradable({ must: ['k2.durable'], may: [] }, 'chat', 'a.yaml')).toThrow(/a\.yaml.*exercise chat, got k2\.durable/)
  expect(() => assertGradable({ must: [], may: ['k2.durabel'] }, 'kv', 'a.yaml')).toThrow(MisuseError)
})
