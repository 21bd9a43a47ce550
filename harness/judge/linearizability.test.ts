import { assert, nat, pre, property } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { playRegister } from '../bench/register-play.ts'
import { hasOrderByBruteForce, randomHistory, type Draw } from './linearizability-fixture.ts'
import { describeOperation, type KvOperation } from './linearizability-operation.ts'
import { judgeKeys, judgeRegister, outcomeOfKeys } from './linearizability.ts'

const SEED = 20_250_611

function write(client: number, value: string, callAtMs: number, doneAtMs: number | null): KvOperation {
  return { client, kind: 'write', value, callAtMs, doneAtMs }
}

function read(client: number, value: string | null, callAtMs: number, doneAtMs: number | null): KvOperation {
  return { client, kind: 'read', value, callAtMs, doneAtMs }
}

function remove(client: number, callAtMs: number, doneAtMs: number | null): KvOperation {
  return { client, kind: 'delete', value: null, callAtMs, doneAtMs }
}

describe('histories of a register', () => {
  test.each<[string, KvOperation[]]>([
    ['nothing at all', []],
    ['an absent key, read', [read(0, null, 0, 1)]],
    ['a write, then a read of it', [write(0, 'a', 0, 1), read(0, 'a', 2, 3)]],
    ['overlapping writes, read in either order', [write(0, 'a', 0, 9), write(1, 'b', 0, 9), read(2, 'b', 1, 2), read(2, 'a', 3, 4)]],
    ['a read that overlaps a write and sees the old value', [write(0, 'a', 0, 9), read(1, null, 1, 2)]],
    ['a write that timed out and takes effect much later', [write(0, 'a', 0, null), read(1, null, 50, 51), read(1, 'a', 90, 91)]],
    ['a write that timed out and never takes effect', [write(0, 'a', 0, null), read(1, null, 50, 51)]],
    ['a delete that timed out and takes effect later', [write(0, 'a', 0, 1), remove(1, 2, null), read(0, 'a', 5, 6), read(0, null, 7, 8)]],
    ['a read that timed out, whatever it might have seen', [write(0, 'a', 0, 1), read(1, 'never written', 2, null)]],
    ['the same value written twice', [write(0, 'a', 0, 1), write(0, 'b', 2, 3), write(0, 'a', 4, 5), read(0, 'a', 6, 7)]],
    ['intervals that only touch, which is overlapping', [write(0, 'a', 0, 5), read(1, null, 5, 6)]],
  ])('are accepted: %s', (_, history) => {
    expect(judgeRegister(history).outcome).toBe('ok')
  })

  test.each<[string, KvOperation[], number]>([
    ['a value that nobody wrote', [write(0, 'a', 0, 1), read(0, 'x', 2, 3)], 1],
    ['a stale read after a write was done', [write(0, 'a', 0, 1), write(0, 'b', 2, 3), read(1, 'a', 4, 5)], 3],
    ['a lost write', [write(0, 'a', 0, 1), read(1, null, 2, 3)], 2],
    ['a deleted key that comes back', [write(0, 'a', 0, 1), remove(0, 2, 3), read(1, null, 4, 5), read(1, 'a', 6, 7)], 3],
    [
      'two readers that see two writes in opposite orders',
      [write(0, 'a', 0, 9), write(1, 'b', 0, 9), read(2, 'a', 10, 11), read(2, 'b', 12, 13)],
      4,
    ],
    [
      'a write that timed out and takes effect twice',
      [write(0, 'a', 0, null), read(1, 'a', 2, 3), write(1, 'b', 4, 5), read(1, 'b', 6, 7), read(1, 'a', 8, 9)],
      4,
    ],
    ['a value read before its write was called', [read(0, 'a', 0, 1), write(1, 'a', 5, 6)], 2],
  ])('are rejected, and cut to the least: %s', (_, history, size) => {
    const result = judgeRegister(history)
    expect(result.outcome).toBe('violation')
    expect(result.outcome === 'violation' && result.counterexample).toHaveLength(size)
  })

  test('begin with the value that the key is said to hold', () => {
    expect(judgeRegister([read(0, 'a', 0, 1)], { initial: 'a' }).outcome).toBe('ok')
    expect(judgeRegister([read(0, 'a', 0, 1)]).outcome).toBe('violation')
  })

  test('are refused as a bug of the recorder where they are impossible', () => {
    expect(() => judgeRegister([write(0, 'a', 5, 4)])).toThrow(RangeError)
    expect(() => judgeRegister([write(0, 'a', Number.NaN, 4)])).toThrow(RangeError)
    expect(() => judgeRegister([{ ...remove(0, 0, 1), value: 'a' }])).toThrow(RangeError)
    expect(() => judgeRegister([{ ...write(0, 'a', 0, 1), value: null }])).toThrow(RangeError)
  })

  test('are told in words', () => {
    expect(describeOperation(write(3, 'a\n', 1, null))).toBe('client 3 wrote "a\\n", called at 1.0 ms, never answered')
    expect(describeOperation({ ...read(1, null, 1, 2.25), node: 'b' })).toBe('client 1 read absent on b, called at 1.0 ms, done at 2.3 ms')
  })
})

test('agrees with brute force on 10,000 small histories', () => {
  const counts = { ok: 0, violation: 0, unknown: 0 }
  assert(
    property(nat(), seed => {
      const history = randomHistory(drawFrom(seed), 7)
      const { outcome } = judgeRegister(history)
      counts[outcome] += 1
      expect(outcome).toBe(hasOrderByBruteForce(withoutUnansweredReads(history), null) ? 'ok' : 'violation')
    }),
    { numRuns: 10_000, seed: SEED },
  )
  // Both answers have to be common, or agreeing would say little.
  expect(Math.min(counts.ok, counts.violation)).toBeGreaterThan(1_000)
})

test('a counterexample is wrong by brute force too, and right once any read of it is left out', () => {
  assert(
    property(nat(), seed => {
      const history = randomHistory(drawFrom(seed), 7)
      const result = judgeRegister(history)
      pre(result.outcome === 'violation')
      if (result.outcome !== 'violation') return
      const { counterexample } = result
      expect(history).toEqual(expect.arrayContaining([...counterexample]))
      expect(hasOrderByBruteForce(counterexample, null)).toBe(false)
      for (const left of counterexample.filter(operation => operation.kind === 'read')) {
        expect(
          hasOrderByBruteForce(
            counterexample.filter(operation => operation !== left),
            null,
          ),
        ).toBe(true)
      }
    }),
    { numRuns: 500, seed: SEED },
  )
})

describe('long histories', () => {
  const play = { clients: 10, operations: 200, unansweredEvery: 25 }

  test('of a true register are accepted, timeouts and all', () => {
    assert(
      property(nat(), seed => {
        expect(judgeRegister(playRegister(drawFrom(seed), play)).outcome).toBe('ok')
      }),
      { numRuns: 100, seed: SEED },
    )
  })

  test('with one read made stale are rejected, and the evidence is short', () => {
    const history = playRegister(drawFrom(SEED), play)
    const first = history.find(operation => operation.kind === 'write' && operation.doneAtMs !== null)
    const stale = read(99, first?.value ?? '', 1e6, 1e6 + 1)
    const result = judgeRegister([...history, write(98, 'last', 9e5, 9e5 + 1), stale])
    expect(result).toMatchObject({ outcome: 'violation', counterexample: [{ value: stale.value }, { value: 'last' }, stale] })
  })

  test('are judged key by key, and one violation is one of the store', () => {
    const good = playRegister(drawFrom(SEED), play)
    const results = judgeKeys(
      new Map([
        ['good', good],
        ['bad', [read(0, 'x', 0, 1)]],
      ]),
    )
    expect(results.map(({ key, result }) => [key, result.outcome])).toEqual([
      ['good', 'ok'],
      ['bad', 'violation'],
    ])
    expect(outcomeOfKeys(results)).toBe('violation')
    expect(outcomeOfKeys(results.slice(0, 1))).toBe('ok')
  })
})

describe('a budget', () => {
  const history = playRegister(drawFrom(SEED), { clients: 20, operations: 200, unansweredEvery: 5 })

  test('that is used up gives unknown, never ok and never a violation', () => {
    const { steps } = judgeRegister(history)
    for (let maxSteps = 1; maxSteps < steps; maxSteps += Math.ceil(steps / 20))
      expect(judgeRegister(history, { maxSteps }).outcome).toBe('unknown')
    const results = judgeKeys(new Map([['key', history]]), { maxSteps: 1 })
    expect(outcomeOfKeys(results)).toBe('unknown')
  })

  test('of time that is over gives unknown at once', () => {
    expect(judgeRegister(history, { isOver: () => true })).toMatchObject({ outcome: 'unknown', steps: 0 })
  })

  test('for cutting that is used up still shows the whole violation', () => {
    const bad = [...history, read(99, 'never written', 1e6, 1e6 + 1)]
    const result = judgeRegister(bad, { maxCutSteps: 0 })
    expect(result.outcome === 'violation' && result.counterexample.length).toBeGreaterThan(150)
  })
})

function withoutUnansweredReads(history: readonly KvOperation[]): KvOperation[] {
  return history.filter(operation => operation.kind !== 'read' || operation.doneAtMs !== null)
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
