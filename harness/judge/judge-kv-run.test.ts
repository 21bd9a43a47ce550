import { expect, test } from 'vitest'
import type { KvRun, RunRecord, VerdictOutcome } from '../record/run-record.ts'
import { judgeRun } from './judge-run.ts'
import { percentiles, type RecordChanges, runRecord } from './run-record-fixture.ts'

const LIMITS = { requestP99Ms: 1000, failed: 0, wrong: 0, diverged: 0, superseded: 0 }

function kvRecord(kv: Partial<KvRun> = {}, changes: RecordChanges = {}): RunRecord {
  const base = runRecord(changes)
  return {
    ...base,
    scenario: { ...base.scenario, exercise: 'kv', giveUpMs: 5000, thresholds: LIMITS },
    kv: {
      model: 'open',
      nodes: [],
      keys: 10,
      operations: [],
      answeredPerSecond: 100,
      retries: 0,
      unavailable: 0,
      failed: 0,
      wrong: 0,
      diverged: 0,
      superseded: 0,
      events: [],
      ...kv,
    },
  }
}

const asleep: RecordChanges = { generator: { loopDelayMs: percentiles(10, 3000) } }

test.each<[string, RunRecord, VerdictOutcome, RegExp]>([
  ['passes where every request was answered', kvRecord(), 'pass', /requests were answered, with no wrong value.*all nodes held the same/],
  ['fails for a request without an answer', kvRecord({ failed: 1 }), 'fail', /requests without an answer.*got 1/],
  ['fails for a wrong value', kvRecord({ wrong: 1 }), 'fail', /value that nobody had written.*got 1/],
  ['fails where nodes differ in the end', kvRecord({ diverged: 2 }), 'fail', /nodes still differ.*got 2/],
  ['fails where an acknowledged write is lost', kvRecord({ superseded: 1 }), 'fail', /replaced by an acknowledged write/],
  ['fails for a slow store', kvRecord({}, { summary: { completionMs: percentiles(1500) } }), 'fail', /p99 of requests.*1,500 ms/],
  ['never passes an end that nobody looked at', kvRecord({ diverged: null }), 'inconclusive', /nothing was measured/],
  ['asks no closed model for its end', kvRecord({ model: 'closed', diverged: null, superseded: null }), 'pass', /answered/],
  ['blames no store for what a sleeping generator missed', kvRecord({ failed: 1 }, asleep), 'inconclusive', /own lag/],
  ['takes a wrong value for a fact all the same', kvRecord({ wrong: 1 }, asleep), 'fail', /nobody had written/],
])('a run against a store %s', (_, record, verdict, reason) => {
  const { summary } = judgeRun(record)
  expect(summary.reasons.join(' ')).toMatch(reason)
  expect(summary.verdict).toBe(verdict)
})
