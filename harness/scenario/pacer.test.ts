import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { constantArrivals, messagesIn, momentOf, poissonArrivals, type LoadSegment } from './pacer.ts'
import { createRandom } from './seeded-random.ts'

describe('momentOf: when a segment has brought so many messages', () => {
  test.each([
    // 100 a second for 10 s: one every 10 ms.
    { segment: flat(0, 10_000, 100), count: 0, ms: 0 },
    { segment: flat(0, 10_000, 100), count: 1, ms: 10 },
    { segment: flat(0, 10_000, 100), count: 999, ms: 9_990 },
    // All of them are there at the end, and never later.
    { segment: flat(0, 10_000, 100), count: 1_000, ms: 10_000 },
    { segment: flat(0, 10_000, 100), count: 1_001, ms: 10_000 },
    // A segment begins where it begins.
    { segment: flat(5_000, 6_000, 100), count: 50, ms: 5_500 },
    // From 0 to 200 a second in 10 s are 1,000; a quarter of them at half time, as a triangle's area grows with the square.
    { segment: ramp(0, 10_000, 0, 200), count: 250, ms: 5_000 },
    // Falling from 200 to 0: three quarters at half time.
    { segment: ramp(0, 10_000, 200, 0), count: 750, ms: 5_000 },
    { segment: ramp(0, 10_000, 200, 0), count: 1_000, ms: 10_000 },
    // From 100 to 300 in 10 s: 100·5 + 10·5² = 750 after 5 s.
    { segment: ramp(0, 10_000, 100, 300), count: 750, ms: 5_000 },
    // A ramp so flat that it is none.
    { segment: ramp(0, 10_000, 100, 100 + 1e-9), count: 500, ms: 5_000 },
    // No load: its first message would come at the start, and no message comes.
    { segment: flat(3_000, 4_000, 0), count: 0, ms: 3_000 },
  ])('$count messages of $segment.fromPerSecond to $segment.toPerSecond a second: at $ms ms', ({ segment, count, ms }) => {
    expect(momentOf(segment, count)).toBeCloseTo(ms, 3)
  })
})

describe('a constant process', () => {
  test.each([
    // One message every 250 ms, the first at once, none at the very end.
    { segments: [flat(0, 1_000, 4)], dueMs: [0, 250, 500, 750] },
    // The rate doubles: the spacing halves from then on.
    { segments: [flat(0, 1_000, 2), flat(1_000, 2_000, 4)], dueMs: [0, 500, 1_000, 1_250, 1_500, 1_750] },
    // Silence in the middle.
    { segments: [flat(0, 1_000, 2), flat(1_000, 2_000, 0), flat(2_000, 3_000, 2)], dueMs: [0, 500, 2_000, 2_500] },
    // Half a message is carried over into the next segment.
    { segments: [flat(0, 1_000, 1.5), flat(1_000, 2_000, 1.5)], dueMs: [0, 666.6667, 1_333.3333] },
    // A rate below one message a segment still sends: every fourth second.
    { segments: [flat(0, 2_000, 0.25), flat(2_000, 4_000, 0.25), flat(4_000, 6_000, 0.25)], dueMs: [0, 4_000] },
    { segments: [], dueMs: [] },
  ])('is due at $dueMs', ({ segments, dueMs }) => {
    const found = [...constantArrivals(segments).dueMs]
    expect(found.map(ms => Math.round(ms * 1e4) / 1e4)).toEqual(dueMs)
  })

  test('holds exactly as many messages as its rate says, however often rounding could have added one', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2_000 }),
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 8 }),
        (rate, tenths) => {
          const segments = sequence(tenths.map(tenth => [tenth * 100, rate, rate] as const))
          const seconds = tenths.reduce((sum, tenth) => sum + tenth, 0) / 10
          expect(constantArrivals(segments).dueMs.length).toBe(Math.ceil(Math.round(rate * seconds * 1e6) / 1e6))
        },
      ),
    )
  })
})

describe('any process', () => {
  const anySegments = fc
    .array(fc.tuple(fc.integer({ min: 100, max: 2_000 }), rates(), rates()), { minLength: 1, maxLength: 6 })
    .map(sequence)

  test('is due in ascending order, each message within its segment', () => {
    fc.assert(
      fc.property(anySegments, fc.nat(), fc.boolean(), (segments, seed, constant) => {
        const { dueMs, segment } = constant ? constantArrivals(segments) : poissonArrivals(segments, createRandom(seed, 'test').next)
        expect(segment.length).toBe(dueMs.length)
        let before = 0
        for (let n = 0; n < dueMs.length; n++) {
          const due = dueMs[n] ?? NaN
          const within = segments[segment[n] ?? NaN]
          if (!(due >= before && within && due >= within.startMs && due <= within.endMs)) throw new Error(`message ${n} is due at ${due}`)
          before = due
        }
      }),
    )
  })

  test('leaves a segment without load empty', () => {
    const segments = [flat(0, 1_000, 50), flat(1_000, 2_000, 0), flat(2_000, 3_000, 50)]
    const { segment } = poissonArrivals(segments, createRandom(1, 'test').next)
    expect(new Set(segment)).toEqual(new Set([0, 2]))
  })
})

test('a Poisson process has the mean that was asked for, and gaps as irregular as chance makes them', () => {
  const segments = [ramp(0, 50_000, 0, 400), flat(50_000, 150_000, 400)]
  const { dueMs } = poissonArrivals(segments, createRandom(2, 'test').next)
  const expected = messagesIn(ramp(0, 50_000, 0, 400)) + messagesIn(flat(50_000, 150_000, 400))
  // Five standard deviations of a Poisson count.
  expect(Math.abs(dueMs.length - expected)).toBeLessThan(5 * Math.sqrt(expected))
  const gaps = dueMs
    .filter(ms => ms >= 50_000)
    .map((ms, n, all) => ms - (all[n - 1] ?? ms))
    .slice(1)
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
  const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length)
  // Exponential gaps deviate by their mean; constant ones not at all.
  expect(deviation / mean).toBeGreaterThan(0.95)
  expect(deviation / mean).toBeLessThan(1.05)
})

function flat(startMs: number, endMs: number, perSecond: number): LoadSegment {
  return ramp(startMs, endMs, perSecond, perSecond)
}

function ramp(startMs: number, endMs: number, fromPerSecond: number, toPerSecond: number): LoadSegment {
  return { startMs, endMs, fromPerSecond, toPerSecond }
}

function sequence(parts: readonly (readonly [lengthMs: number, from: number, to: number])[]): LoadSegment[] {
  let startMs = 0
  return parts.map(([lengthMs, from, to]) => {
    const segment = ramp(startMs, startMs + lengthMs, from, to)
    startMs += lengthMs
    return segment
  })
}

function rates(): fc.Arbitrary<number> {
  return fc.oneof(fc.constant(0), fc.double({ min: 0.01, max: 500, noNaN: true }))
}
