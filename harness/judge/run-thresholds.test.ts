import { describe, expect, it } from 'vitest'
import type { CohortResult, GeneratorSample, PhaseResult, RunRecord, VerdictOutcome } from '../record/run-record.ts'
import { percentiles, type RecordChanges, runRecord, timelineRow } from './run-record-fixture.ts'
import { judgeThresholds } from './run-thresholds.ts'

const recovery = { name: 'back', kind: 'recovery', startMs: 3000, endMs: 10_000, measured: true } as const
const restless = { generator: { cpu: 0.99 } }
const napping = { generator: { loopDelayMs: percentiles(10, 800) } }

describe('a threshold', () => {
  it.each<[string, number, RecordChanges, VerdictOutcome]>([
    ['completionP99Ms', 1000, { summary: { completionMs: percentiles(1000) } }, 'pass'],
    ['completionP99Ms', 1000, { summary: { completionMs: percentiles(1000.1) } }, 'inconclusive'],
    ['completionP99Ms', 1000, { summary: { completionMs: percentiles(1006) } }, 'fail'],
    ['completionP99Ms', 1000, { summary: { completionMs: percentiles(0, 0, 0) } }, 'inconclusive'],
    ['deliveryP99Ms', 100, { summary: { deliveryMs: percentiles(200) } }, 'fail'],
    ['joinP99Ms', 100, { summary: { joinMs: percentiles(200) } }, 'fail'],
    // What the way to the server and back explains: of a join on WebSocket three times over.
    ['completionP99Ms', 1000, { summary: { completionMs: percentiles(1100) }, networkRttMs: 110 }, 'inconclusive'],
    ['completionP99Ms', 1000, { summary: { completionMs: percentiles(1100) }, networkRttMs: 90 }, 'fail'],
    ['joinP99Ms', 100, { summary: { joinMs: percentiles(200) }, networkRttMs: 34 }, 'inconclusive'],
    ['joinP99Ms', 100, { summary: { joinMs: percentiles(200) }, networkRttMs: 30 }, 'fail'],
    ['lateCompletions', 3, { summary: { lateCompletions: 4, completionMs: percentiles(20, 1100) }, networkRttMs: 110 }, 'inconclusive'],
    ['lateCompletions', 3, { summary: { lateCompletions: 4, completionMs: percentiles(20, 1100) }, networkRttMs: 90 }, 'fail'],
    ['lost', 0, { summary: { lost: 1, quiet: true }, networkRttMs: 5000 }, 'fail'],
    ['corrupted', 0, { summary: { corrupted: 1 } }, 'fail'],
    ['garbled', 0, { summary: { garbled: 1 }, generator: { missed: 10 } }, 'fail'],
    ['dropped', 0, { summary: { dropped: 1 }, ...napping }, 'inconclusive'],
    ['stalls', 0, { summary: { stalls: [{ atMs: 1, durationMs: 900, waitingMessages: 9, recovered: true }] } }, 'fail'],
    ['stalls', 0, { summary: { stalls: [{ atMs: 1, durationMs: 900, waitingMessages: 9, recovered: true }] }, ...napping }, 'inconclusive'],
    ['lateCompletions', 3, { summary: { lateCompletions: 3 } }, 'pass'],
    ['lateCompletions', 3, { summary: { lateCompletions: 4 } }, 'fail'],
    // What a generator without rest left unread, or gave a server reason to give up on.
    ['completionP99Ms', 1000, { summary: { completionMs: percentiles(1400) }, generator: { busyMs: 300 } }, 'fail'],
    ['completionP99Ms', 1000, { summary: { completionMs: percentiles(1400) }, generator: { busyMs: 500 } }, 'inconclusive'],
    ['lateCompletions', 3, { summary: { lateCompletions: 4 }, generator: { busyMs: 750 } }, 'inconclusive'],
    ['lateCompletions', 3, { summary: { lateCompletions: 4 }, ...restless }, 'inconclusive'],
    ['dropped', 0, { summary: { dropped: 1 }, ...restless }, 'inconclusive'],
    ['lost', 0, { summary: { lost: 1, quiet: true }, ...restless }, 'fail'],
    ['lost', 0, { summary: { lost: 1, quiet: false } }, 'fail'],
    ['lost', 0, { summary: { lost: 1, quiet: false }, ...restless }, 'inconclusive'],
    ['lost', 0, { summary: { lost: 1, quiet: false }, record: { generatorSamples: busyFrom(8000) } }, 'inconclusive'],
    ['lost', 0, { summary: { lost: 1, quiet: false }, record: { generatorSamples: busyFrom(8000, 8750) } }, 'fail'],
    ['minDeliveries', 10_001, { summary: { quiet: false }, ...restless }, 'inconclusive'],
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

  it.each<[string, number, number, number, VerdictOutcome]>([
    ['16 MiB in 40 s', 40, 4096, 5000, 'fail'],
    ['less than 16 MiB', 40, 4096, 4000, 'inconclusive'],
    ['16 MiB in less than 30 s', 29, 4096, 50_000, 'inconclusive'],
  ])('of eviction blames no server for readers who were owed %s', (_, seconds, bytes, deliveriesEach, outcome) => {
    const fromSeconds = 5
    const changes = owed((seconds + fromSeconds) * 1000, { bytes, deliveriesEach, fromSeconds })
    expect(judgeThresholds(changes)).toMatchObject([{ outcome }])
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

  it('of recovery is held to the slowest, where there are several', () => {
    const again = { ...recovery, name: 'back again', startMs: 13_000, endMs: 20_000 }
    const rows = [4000, 14_000, 18_000].map(atMs => timelineRow(atMs, 3000))
    expect(recovered(rows, { phases: [again] })).toMatchObject({ actual: 6000, outcome: 'fail' })
  })

  it('of recovery blames no server for seconds in which the generator itself had no rest', () => {
    const rows = [4000, 5000, 8000].map(atMs => timelineRow(atMs, 3000))
    expect(recovered(rows, { generatorSamples: busyFrom(2000, 8000) })).toMatchObject({ actual: 6000, outcome: 'fail' })
    expect(recovered(rows, { generatorSamples: busyFrom(2000, 9500) })).toMatchObject({ outcome: 'inconclusive' })
    expect(recovered(rows, { generatorSamples: busyFrom(11_000, 12_000, 20_000) })).toMatchObject({ outcome: 'fail' })
  })

  it.each<[string, readonly number[], number | null, VerdictOutcome]>([
    ['as much as before', [100, 100, 110, 90, 100], 1, 'pass'],
    ['half', [100, 100, 40, 60, 100], 0.5, 'pass'],
    ['less', [100, 100, 40, 50, 100], 0.45, 'fail'],
    ['nothing at all', [100, 100, 0, 0, 100], 0, 'fail'],
    ['nothing, as before', [0, 0, 0, 0, 0], null, 'inconclusive'],
  ])('of goodput compares a spike with the hold before it: %s', (_, deliveries, actual, outcome) => {
    expect(spiked(deliveries)).toMatchObject({ actual, outcome })
  })

  it('of goodput tells nothing of a generator without rest, or of a run without a spike', () => {
    expect(spiked([100, 100, 0, 0], restless)).toMatchObject({ actual: 0, outcome: 'inconclusive' })
    expect(judgeThresholds(runRecord({ thresholds: { spikeGoodputShare: 0.5 } }))).toMatchObject([
      { actual: null, outcome: 'inconclusive' },
    ])
  })

  it('says in one sentence what was expected and what came', () => {
    const [result] = judgeThresholds(runRecord({ thresholds: { lost: 0 }, summary: { lost: 12_345 } }))
    expect(result?.explanation).toBe('Expected lost deliveries to be at most 0, got 12,345.')
  })
})

/** A run that evicted none of its stopped readers. */
function owed(
  endMs: number,
  { bytes, deliveriesEach, fromSeconds }: Record<'bytes' | 'deliveriesEach' | 'fromSeconds', number>,
): RunRecord {
  const slowReaders = [cohort('stopped', 10, 0)]
  const record = runRecord({ summary: { slowReaders } })
  const share = endMs / (endMs - fromSeconds * 1000)
  return {
    ...record,
    scenario: {
      ...record.scenario,
      body: { bytes },
      cohorts: [{ name: 'stopped', reading: 'stopped', share: 0.1, fromSeconds }],
      thresholds: { evictedStopped: 1 },
    },
    phases: [
      { name: 'hold', kind: 'hold', startMs: 0, endMs, measured: true, plannedMessages: 1, sentMessages: 1, completionMs: percentiles(20) },
    ],
    cohorts: [{ ...cohort('full', 90, 0), deliveries: 90 * deliveriesEach * share }, ...slowReaders],
  }
}

interface AtRecovery {
  readonly phases?: readonly (Pick<PhaseResult, 'name' | 'startMs' | 'endMs' | 'measured'> & { readonly kind: 'recovery' })[]
  readonly generatorSamples?: GeneratorSample[]
}

function recovered(rows: RunRecord['timeline']['rows'], { phases: more = [], generatorSamples = [] }: AtRecovery = {}): unknown {
  const timeline = { intervalMs: 1000, bucketEdgesMs: [], rows }
  const phases = [recovery, ...more].map(phase => ({ ...phase, plannedMessages: 10, sentMessages: 10, completionMs: percentiles(20) }))
  return judgeThresholds(runRecord({ thresholds: { recoveryMs: 5000 }, record: { timeline, phases, generatorSamples } }))[0]
}

/** A hold of two seconds, a spike of two, with so many deliveries in each second. */
function spiked(deliveries: readonly number[], changes: RecordChanges = {}): unknown {
  const rows = deliveries.map((count, second) => ({ ...timelineRow(second * 1000, 20), deliveries: count }))
  const phases = (['hold', 'spike', 'recovery'] as const).map((kind, place) => ({
    name: kind,
    kind,
    startMs: place * 2000,
    endMs: (place + 1) * 2000,
    measured: true,
    plannedMessages: 10,
    sentMessages: 10,
    completionMs: percentiles(20),
  }))
  const timeline = { intervalMs: 1000, bucketEdgesMs: [], rows }
  return judgeThresholds(runRecord({ ...changes, thresholds: { spikeGoodputShare: 0.5 }, record: { timeline, phases } }))[0]
}

/** Samples of a generator every 250 ms, 10 s of them by default, in which it had no rest from a moment on until another. */
function busyFrom(fromMs: number, untilMs = Infinity, endMs = 10_000): GeneratorSample[] {
  return Array.from({ length: endMs / 250 }, (_, index) => (index + 1) * 250).map(atMs => ({
    atMs,
    cpu: atMs > fromMs && atMs <= untilMs ? 0.99 : 0.4,
    sendLagMaxMs: 1,
    loopDelayMaxMs: 1,
  }))
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
