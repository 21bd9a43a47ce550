import { describe, expect, it } from 'vitest'
import type { VerdictOutcome } from '../record/run-record.ts'
import { judgeRun } from './judge-run.ts'
import { percentiles, type RecordChanges, runRecord, THRESHOLDS } from './run-record-fixture.ts'

const late = { sendLagMs: percentiles(2000), saturated: true, saturation: ['too late'] }
const busy = { cpu: 0.99, saturated: true, saturation: ['too busy'] }

describe('the verdict on a run', () => {
  it.each<[string, RecordChanges, VerdictOutcome, RegExp]>([
    ['passes where everything came in time', {}, 'pass', /10,000 deliveries/],
    ['fails for a single loss', { summary: { lost: 1 } }, 'fail', /lost deliveries.*got 1/],
    ['fails for a slow server', { summary: { completionMs: percentiles(1500) } }, 'fail', /p99 completion.*1,500 ms/],
    [
      'does not blame a server for the generator’s lag',
      { summary: { completionMs: percentiles(1500) }, generator: late },
      'inconclusive',
      /generator saturated/,
    ],
    ['does not pass a load that was never sent', { generator: late }, 'inconclusive', /generator saturated/],
    [
      'does not pass a load of which messages are missing',
      { generator: { missed: 1, saturated: true } },
      'inconclusive',
      /generator saturated/,
    ],
    [
      'does not pass a load with fewer users, as this machine had no descriptors left',
      { generator: { saturated: true }, record: { users: { planned: 10, joined: 9, channels: 2, memberships: 20 } } },
      'inconclusive',
      /generator saturated/,
    ],
    [
      'does not pass a load in which some could not come back, as this machine had no ports left',
      { generator: { saturated: true, unconnected: 1 }, record: { users: { planned: 10, joined: 14, channels: 2, memberships: 20 } } },
      'inconclusive',
      /generator saturated/,
    ],
    ['passes what a busy generator has seen arrive in time', { generator: busy }, 'pass', /deliveries/],
    [
      'does not blame a server for what a busy generator saw late',
      { summary: { completionMs: percentiles(1500) }, generator: busy },
      'inconclusive',
      /saturated/,
    ],
    ['fails for a duplicate, however late the generator was', { summary: { duplicated: 1 }, generator: late }, 'fail', /duplicated/],
    [
      'does not blame a server for losses of a sleeping generator',
      { summary: { lost: 3 }, generator: { loopDelayMs: percentiles(50, 3000) } },
      'inconclusive',
      /lag/,
    ],
    [
      'fails for a loss though the generator paused as readers may',
      { summary: { lost: 3 }, generator: { loopDelayMs: percentiles(50, 1500) } },
      'fail',
      /lost/,
    ],
    [
      'says of a server that it was stuck, before it counts what was lost',
      { summary: { lost: 900, stalls: [{ atMs: 1500, durationMs: 9000, waitingMessages: 90, recovered: false }] } },
      'fail',
      /^The server was stuck: from 1.5 s on.*lost deliveries/s,
    ],
    ['fails for a dropped connection', { summary: { dropped: 1 } }, 'fail', /dropped/],
    ['does not pass a run in which nothing had to come', { summary: { expectedDeliveries: 0 } }, 'inconclusive', /nothing was measured/],
    [
      'does not pass a run without a completion',
      { summary: { completionMs: percentiles(0, 0, 0) } },
      'inconclusive',
      /nothing was measured/,
    ],
    [
      'fails a server that died',
      { record: { status: 'failed', endedBy: 'server', statusText: 'The server ended (exit code 3).' } },
      'fail',
      /exit code 3/,
    ],
    [
      'blames nobody but us for our crash',
      { record: { status: 'failed', endedBy: 'harness', statusText: 'A part of Assay crashed.' } },
      'inconclusive',
      /fault of Assay/,
    ],
    [
      'blames nobody where this machine had nothing left for a single user',
      { record: { status: 'failed', endedBy: 'machine', statusText: 'No user could connect.' } },
      'inconclusive',
      /this machine cannot play it\. No user/,
    ],
    [
      'keeps the facts of a run that crashed with us, without a verdict',
      { record: { status: 'failed', endedBy: 'harness' }, summary: { duplicated: 2 } },
      'inconclusive',
      /duplicated/,
    ],
    [
      'says nothing of an interrupted run',
      { record: { status: 'interrupted', endedBy: 'user' }, summary: { lost: 5 } },
      'inconclusive',
      /interrupted/,
    ],
    [
      'fails an interrupted run for what nothing later can undo',
      { record: { status: 'interrupted', endedBy: 'user' }, summary: { misdelivered: 1 } },
      'fail',
      /misdelivered/,
    ],
    ['says nothing of a run that was killed', { record: { status: 'running' } }, 'inconclusive', /never came to its end/],
    [
      'does not blame a server for the network',
      { summary: { completionMs: percentiles(1100) }, networkRttMs: 150 },
      'inconclusive',
      /^inconclusive: network\. .*150\.0 ms.*p99 completion/,
    ],
    [
      'fails a server that the network alone does not explain',
      { summary: { completionMs: percentiles(1500) }, networkRttMs: 150 },
      'fail',
      /p99 completion/,
    ],
    ['does not fail for what the scenario allows', { summary: { lost: 2 }, thresholds: { ...THRESHOLDS, lost: 2 } }, 'pass', /./],
  ])('%s', (_, changes, verdict, reason) => {
    const judged = judgeRun(runRecord(changes)).summary
    expect({ verdict: judged.verdict, reasons: judged.reasons.join(' ') }).toEqual({ verdict, reasons: expect.stringMatching(reason) })
  })

  it('is the same when it is judged again', () => {
    const once = judgeRun(runRecord({ summary: { lost: 1 } }))
    expect(judgeRun(once)).toEqual(once)
  })

  it('judges only the thresholds that the scenario sets', () => {
    const judged = judgeRun(runRecord({ thresholds: { duplicated: 0 }, summary: { lost: 5 } }))
    expect(judged.thresholds.map(({ name }) => name)).toEqual(['duplicated'])
    expect(judged.summary.verdict).toBe('pass')
  })
})
