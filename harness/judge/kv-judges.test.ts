import { assert, nat, property } from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { KvEvent, KvHistory, KvOperationRecord } from '../record/kv-history.ts'
import { judgeConvergence } from './kv-convergence.ts'
import { judgeLadder, KV_RUNGS } from './kv-ladder.ts'
import { judgeSessions } from './kv-session.ts'
import { judgeStaleness, stalenessMs } from './kv-staleness.ts'
import { stepsOf, type KvStep } from './kv-steps.ts'
import { playStore, read, remove, write, type Draw, type StorePlay } from './kv-store-fixture.ts'
import { supersederOf } from './kv-superseded.ts'

const SEED = 20_251_122
const END = { callAtMs: 1e6, doneAtMs: 1e6 + 1 }

function finals(...values: (string | null)[]): KvStep[] {
  return values.map((value, at) => read(100 + at, `n${at}`, value, END.callAtMs, END.doneAtMs))
}

describe('a recorded history', () => {
  test('leaves what was not answered open, and what a kill came too soon after', () => {
    const operations = [
      operation('a', 'write', 0, 10, 'ok'),
      operation('a', 'write', 1000, 1010, 'ok'),
      operation('a', 'read', 1100, 1110, 'ok'),
      operation('b', 'write', 1200, 1210, 'ok'),
      operation('a', 'write', 1990, 2005, 'ok'),
      operation('a', 'write', 2001, 2002, 'pending'),
      operation('a', 'write', 2600, 2610, 'ok'),
      operation('a', 'write', 2700, 2710, 'unavailable'),
    ]
    const events = [event('a', 'started', -100), event('a', 'killed', 2000), event('a', 'started', 2500)]
    const steps = stepsOf({ clients: [], operations, events }, 'key')
    expect(steps.map(({ doneAtMs }) => doneAtMs)).toEqual([10, null, 1110, 1210, null, null, 2610, null])
    expect(steps.map(({ life }) => life)).toEqual([1, 1, 1, 0, 1, 1, 2, 2])
  })
})

describe('a write is superseded', () => {
  const first = write(0, 'n0', 'a', 0, 10)
  test.each<[string, KvStep[], boolean, boolean]>([
    ['by one called 100 ms after it was done, but not under offset clocks', [write(1, 'n1', 'b', 110, 120)], true, false],
    ['not by one called 99 ms after it was done', [write(1, 'n1', 'b', 109, 120)], false, false],
    ['not by one that was never acknowledged', [write(1, 'n1', 'b', 500, null)], false, false],
    ['by one on a node that had returned it, offset or not', [read(2, 'n1', 'a', 11, 12), write(1, 'n1', 'b', 13, 14)], true, true],
    ['not by one on another node than had returned it', [read(2, 'n2', 'a', 11, 12), write(1, 'n1', 'b', 13, 14)], false, false],
    ['not by one called before the node had returned it', [read(2, 'n1', 'a', 11, 14), write(1, 'n1', 'b', 13, 20)], false, false],
    [
      'not by one on a node that was started anew since it returned it',
      [read(2, 'n1', 'a', 11, 12), { ...write(1, 'n1', 'b', 13, 14), life: 2 }],
      false,
      false,
    ],
    ['by a delete as by a write', [remove(1, 'n1', 200, 210)], true, false],
  ])('%s', (_, later, isSuperseded, isUnderOffset) => {
    const steps = [first, ...later]
    expect(supersederOf(first, steps) !== null).toBe(isSuperseded)
    expect(supersederOf(first, steps, { hasClockOffset: true }) !== null).toBe(isUnderOffset)
  })

  test('by any that is called after it was done, where one node takes them all', () => {
    const rule = { hasOneNode: true }
    expect(supersederOf(first, [first, remove(1, 'n0', 10, 12)], rule)).not.toBeNull()
    expect(supersederOf(first, [first, remove(1, 'n0', 9, 12)], rule)).toBeNull()
  })

  test('never while it is open, as it may take effect at any later time', () => {
    const open = { ...first, doneAtMs: null }
    expect(supersederOf(open, [open, read(2, 'n1', 'a', 11, 12), write(1, 'n1', 'b', 900, 910)])).toBeNull()
  })
})

describe('convergence', () => {
  const concurrent = [write(0, 'n0', 'a', 0, 10), write(1, 'n1', 'b', 5, 15)]
  test.each<[string, KvStep[], KvStep[], string | null]>([
    ['holds on either of two concurrent writes', concurrent, finals('a', 'a'), null],
    ['breaks where nodes differ', concurrent, finals('a', 'b'), 'diverged'],
    ['breaks where the key is gone though nobody deleted it', concurrent, finals(null, null), 'superseded'],
    ['breaks on a value that nobody wrote', concurrent, finals('c', 'c'), 'invented'],
    ['breaks where an older write won', [write(0, 'n0', 'a', 0, 10), write(1, 'n1', 'b', 500, 510)], finals('a', 'a'), 'superseded'],
    ['breaks where a delete was forgotten', [write(0, 'n0', 'a', 0, 10), remove(1, 'n1', 500, 510)], finals('a', 'a'), 'resurrected'],
    [
      'breaks where one node alone forgot a delete',
      [write(0, 'n0', 'a', 0, 10), remove(1, 'n1', 500, 510)],
      finals(null, 'a'),
      'resurrected',
    ],
    ['holds on a delete at the same time as a write', [write(0, 'n0', 'a', 0, 10), remove(1, 'n1', 5, 15)], finals(null, null), null],
    ['holds on a write that timed out long before', [write(0, 'n0', 'a', 0, null), write(1, 'n1', 'b', 900, 910)], finals('a', 'a'), null],
    ['holds where a write that timed out never took effect', [write(0, 'n0', 'a', 0, null)], finals(null, null), null],
    ['holds where nothing was ever written', [], finals(null, null), null],
    [
      'breaks where a write lost to an earlier delete',
      [write(0, 'n0', 'a', 0, 10), remove(1, 'n1', 200, 210), write(0, 'n0', 'b', 400, 410)],
      finals(null, null),
      'superseded',
    ],
  ])('%s', (_, steps, held, kind) => {
    expect(judgeConvergence(steps, held)?.kind ?? null).toBe(kind)
  })

  test('tells only the operations that show the break', () => {
    const steps = [write(0, 'n0', 'x', 0, 1), write(0, 'n0', 'a', 200, 210), write(1, 'n1', 'b', 500, 510), read(2, 'n1', 'b', 600, 601)]
    expect(judgeConvergence(steps, finals('a', 'a'))?.steps).toHaveLength(3)
  })
})

describe('staleness', () => {
  const rule = { settledAtMs: (node: string, atMs: number) => (node === 'down' ? Infinity : atMs + 2000) }
  const deleted = [write(0, 'n0', 'a', 0, 10), remove(0, 'n0', 200, 210)]
  test.each<[string, KvStep[], string | null]>([
    ['an old value within the time to agree is right', [...deleted, read(1, 'n1', 'a', 2000, 2001)], null],
    ['an old value after it is wrong', [...deleted, read(1, 'n1', 'a', 2210, 2211)], 'resurrected'],
    [
      'what comes back for a moment only is found',
      [...deleted, read(1, 'n1', 'a', 3000, 3001), read(1, 'n1', null, 3100, 3101)],
      'resurrected',
    ],
    ['a node that is not judged may return anything old', [...deleted, read(1, 'down', 'a', 9000, 9001)], null],
    ['but nothing that nobody wrote', [...deleted, read(1, 'down', 'z', 9000, 9001)], 'invented'],
    ['a write that never arrives is found', [write(0, 'n0', 'a', 0, 10), read(1, 'n1', null, 2010, 2011)], 'superseded'],
  ])('%s', (_, steps, kind) => {
    expect(judgeStaleness(steps, rule)?.kind ?? null).toBe(kind)
  })

  test('is measured from the answer to a write until others return it', () => {
    const steps = [write(0, 'n0', 'a', 0, 10), read(1, 'n1', null, 15, 16), read(1, 'n1', 'a', 20, 25), read(2, 'n2', 'a', 1, 4)]
    expect(stalenessMs(steps)).toEqual([0, 15])
  })
})

describe('session guarantees', () => {
  test.each<[string, KvStep[], string | null]>([
    ['own writes are read', [write(0, 'n0', 'a', 0, 1), read(0, 'n0', 'a', 2, 3)], null],
    ['an own write that is not there breaks them', [write(0, 'n0', 'a', 0, 1), read(0, 'n0', null, 2, 3)], 'read-your-writes'],
    [
      'an older own write breaks them',
      [write(0, 'n0', 'a', 0, 1), write(0, 'n0', 'b', 2, 3), read(0, 'n0', 'a', 4, 5)],
      'read-your-writes',
    ],
    [
      "another's concurrent write may win over an own one",
      [write(0, 'n0', 'a', 0, 5), write(1, 'n1', 'b', 1, 4), read(0, 'n0', 'b', 6, 7)],
      null,
    ],
    [
      'an own delete that is not seen breaks them',
      [write(0, 'n0', 'a', 0, 1), remove(0, 'n0', 2, 3), read(0, 'n0', 'a', 4, 5)],
      'read-your-writes',
    ],
    ['stale reads of another client break nothing', [write(0, 'n0', 'a', 0, 1), read(1, 'n1', null, 500, 501)], null],
    [
      'a value, then absence without a delete',
      [write(1, 'n1', 'a', 0, 1), read(0, 'n0', 'a', 2, 3), read(0, 'n0', null, 4, 5)],
      'monotonic reads',
    ],
    [
      'back and forth between two concurrent writes',
      [
        write(1, 'n1', 'a', 0, 5),
        write(2, 'n2', 'b', 0, 5),
        read(0, 'n0', 'a', 6, 7),
        read(0, 'n0', 'b', 8, 9),
        read(0, 'n0', 'a', 10, 11),
      ],
      'monotonic reads',
    ],
    [
      'a newer value, then one that was replaced long before',
      [write(1, 'n1', 'a', 0, 5), write(1, 'n1', 'b', 200, 205), read(0, 'n0', 'b', 206, 207), read(0, 'n0', 'a', 208, 209)],
      'monotonic reads',
    ],
    [
      'sessions end where the node is started anew',
      [read(0, 'n0', 'a', 3, 4), { ...read(0, 'n0', null, 5, 6), life: 2 }, write(1, 'n1', 'a', 0, 1)],
      null,
    ],
    [
      'a read, an own write that lost, the same read again',
      [write(1, 'n1', 'a', 0, 9), read(0, 'n0', 'a', 1, 2), write(0, 'n0', 'b', 3, 4), read(0, 'n0', 'a', 5, 6)],
      'read-your-writes',
    ],
  ])('%s', (_, steps, kind) => {
    expect(judgeSessions(steps)?.kind ?? null).toBe(kind)
  })
})

describe('the ladder', () => {
  const key = 'key'
  test.each<[string, KvStep[], KvStep[], string | null]>([
    ['not even exact', [write(0, 'n0', 'a', 0, 1), read(0, 'n0', 'torn', 2, 3)], finals('a'), null],
    ['exact values', [write(0, 'n0', 'a', 0, 1)], finals('a', null), 'exact values'],
    ['convergence', [write(0, 'n0', 'a', 0, 1), read(0, 'n0', null, 2, 3)], finals('a', 'a'), 'convergence'],
    ['session guarantees', [write(0, 'n0', 'a', 0, 1), read(1, 'n1', null, 2, 3)], finals('a', 'a'), 'session guarantees'],
    ['linearizable', [write(0, 'n0', 'a', 0, 1), read(1, 'n1', 'a', 2, 3)], finals('a', 'a'), 'linearizable'],
  ])('ends at: %s', (_, steps, held, rung) => {
    const result = judgeLadder([
      { key, steps, finals: held },
      { key: 'other', steps: [], finals: [] },
    ])
    expect(result.rung).toBe(rung)
    const next = KV_RUNGS[KV_RUNGS.findIndex(one => one === rung) + 1]
    expect(result.next?.rung).toBe(next)
    if (next !== undefined) expect(result.next).toMatchObject({ key, violation: { steps: expect.arrayContaining([expect.anything()]) } })
  })

  test('does not call linearizable what it had no time to decide', () => {
    const steps = [write(0, 'n0', 'a', 0, 1), read(1, 'n1', 'a', 2, 3)]
    const result = judgeLadder([{ key, steps, finals: [] }], {}, { isOver: () => true })
    expect(result).toMatchObject({ rung: 'session guarantees', next: null, undecided: expect.stringContaining('no time') })
  })
})

describe('whatever a right store does', () => {
  const play: StorePlay = { nodes: 3, clients: 7, operations: 60, lagMs: 400, skewMs: 0, unansweredEvery: 12 }
  const settled = { settledAtMs: (_: string, atMs: number) => atMs + 400 }

  test('is right: it converges, is not stale for longer than its lag, and keeps its sessions', () => {
    assert(
      property(nat(), nat({ max: 90 }), (seed, skewMs) => {
        const { steps, finals: held } = playStore(drawFrom(seed), { ...play, skewMs })
        expect(judgeConvergence(steps, held)).toBeNull()
        expect(judgeStaleness(steps, settled)).toBeNull()
        expect(judgeSessions(steps)).toBeNull()
      }),
      { numRuns: 200, seed: SEED },
    )
  })

  test('is right under offset clocks too, where offsets are told', () => {
    assert(
      property(nat(), seed => {
        const { steps, finals: held } = playStore(drawFrom(seed), { ...play, skewMs: 60_000 })
        expect(judgeConvergence(steps, held, { hasClockOffset: true })).toBeNull()
        expect(judgeSessions(steps, { hasClockOffset: true })).toBeNull()
      }),
      { numRuns: 200, seed: SEED },
    )
  })
})

test('a store that keeps whatever comes last is found out in almost every history', () => {
  const play: StorePlay = { nodes: 3, clients: 7, operations: 60, lagMs: 400, skewMs: 0, unansweredEvery: 12, isLastArrivalKept: true }
  let found = 0
  for (let seed = 0; seed < 100; seed++) {
    const { steps, finals: held } = playStore(drawFrom(seed), play)
    if (judgeConvergence(steps, held) !== null) found += 1
  }
  expect(found).toBeGreaterThan(50)
})

function operation(
  node: string,
  kind: KvOperationRecord['kind'],
  callAtMs: number,
  endedAtMs: number,
  outcome: KvOperationRecord['outcome'],
) {
  return {
    client: 0,
    node,
    key: 'key',
    kind,
    value: 'x',
    callAtMs,
    endedAtMs,
    outcome,
    status: 0,
  } satisfies KvHistory['operations'][number]
}

function event(node: string, kind: KvEvent['kind'], atMs: number): KvEvent {
  return { atMs, node, kind, text: '' }
}

/** Mulberry32: small, seeded, and good enough to shuffle test data. */
function drawFrom(seed: number): Draw {
  let state = seed
  return limit => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit
  }
}
