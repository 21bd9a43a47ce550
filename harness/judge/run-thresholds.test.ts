import { describe, expect, it } from 'vitest'
import type { CohortResult, RunRecord, VerdictOutcome } from '../record/run-record.ts'
import { percentiles, type RecordChanges, runRecord, timelineRow } from './run-record-fixture.ts'
import { judgeThresholds } from './run-thresholds.ts'

const recovery = { name: 'back', kind: 'recovery', startMs: 3000, endMs: 10_000, measured: true } as const
const napping = { generator: { loopDelayMs: percentiles(10, 800) } }

describe('a threshold', () => {
  it.each<[string, number, RecordChanges, VerdictOutcome]>([
    ['completionP99Ms', 1000, { summary: { completionMs: percentiles(1000) } }, 'pass'],
    ['completionP99Ms', 1000, { summary: { completionMs: percentiles(1000.1) } }, 'inconclusive'],
    ['completionP99Ms', 1000, { summary: { completionMs: percentiles(1006) } }, 'fail'],
    ['completionP99Ms', 1000, { summary: { completionMs: percentiles(0, 0, 0) } }, 'inconclusive'],
    ['deliveryP99Ms', 100, { summary: { deliveryMs: percentiles(200) } }, 'fail'],
    ['joinP99Ms', 100, { summary: { joinMs: percentiles(200) } }, 'fail'],
    ['corrupted', 0, { summary: { corrupted: 1 } }, 'fail'],
    ['garbled', 0, { summary: { garbled: 1 }, generator: { missed: 10 } }, 'fail'],
    ['dropped', 0, { summary: { dropped: 1 }, ...napping }, 'inconclusive'],
    ['stalls', 0, { summary: { stalls: [{ atMs: 1, durationMs: 900, waitingMessages: 9, recovered: true }] } }, 'fail'],
    ['stalls', 0, { summary: { stalls: [{ atMs: 1, durationMs: 900, waitingMessages: 9, recovered: true }] }, ...napping }, 'inconclusive'],
    ['lateCompletions', 3, { summary: { lateCompletions: 3 } }, 'pass'],
    ['lateCompletions', 3, { summary: { lateCompletions: 4 } }, 'fail'],
    ['rssBytesMax', 1e8, { summary: { server: null } }, 'inconclusive'],
    ['rssBytesMax', 1e8 - 1, {}, 'fail'],
    ['minDeliveries', 10_000, {}, 'pass'],
    ['minDeliveries', 10_001, {}, 'fail'],
    ['evictedStopped', 0.5, { summary: { slowReaders: [cohort('stopped', 10, 5), cohort('pausing', 10, 0)] } }, 'pass'],
    ['evictedStopped', 0.6, { summary: { slowReaders: [cohort('stopped', 10, 5)] } }, 'fail'],
    ['evictedStopped', 0.6, {}, 'inconclusive'],
  ])('%s of %d judges what was measured', (name, limit, changes, outcome) => {
    expect(judgeThresholds(runRecord({ ...changes, thresholds: { [name]: limit } }))).toMatchObject([{ name, limit, outcome }])
  })

  it('of recovery asks when the last second that was late had passed', () => {
    const rows = [2000, 3000, 4000, 5000, 6000, 7000].map(atMs => timelineRow(atMs, atMs < 6000 ? 3000 : 20))
    expect(recovered(rows)).toMatchObject({ actual: 3000, outcome: 'pass' })
    expect(recovered([...rows, timelineRow(8000, 1200)])).toMatchObject({ actual: 6000, outcome: 'fail' })
    expect(recovered(rows.map(row => timelineRow(row.atMs, 20)))).toMatchObject({ actual: 0, outcome: 'pass' })
    expect(recovered([])).toMatchObject({ actual: null, outcome: 'inconclusive' })
  })

  it('of recovery takes a second in which nothing arrived whole for a late one', () => {
    expect(recovered([timelineRow(4000, 20), timelineRow(9000, 0)])).toMatchObject({ actual: 7000, outcome: 'fail' })
  })

  it('says in one sentence what was expected and what came', () => {
    const [result] = judgeThresholds(runRecord({ thresholds: { lost: 0 }, summary: { lost: 12_345 } }))
    expect(result?.explanation).toBe('Expected lost deliveries to be at most 0, got 12,345.')
  })
})

function recovered(rows: RunRecord['timeline']['rows']): unknown {
  const timeline = { intervalMs: 1000, bucketEdgesMs: [], rows }
  const phases = [{ ...recovery, plannedMessages: 10, sentMessages: 10, completionMs: percentiles(20) }]
  return judgeThresholds(runRecord({ thresholds: { recoveryMs: 5000 }, record: { timeline, phases } }))[0]
}

function cohort(reading: CohortResult['reading'], users: number, evicted: number): CohortResult {
  return {
    name: reading,
    reading,
    users,
    expectedDeliveries: 0,
    deliveries: 0,
    lost: 0,
    duplicated: 0,
    evicted,
    dropped: 0,
    closeCodes: {},
    deliveryMs: percentiles(1),
  }
}
