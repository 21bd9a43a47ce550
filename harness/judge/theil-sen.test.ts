import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { median, slopeInterval, theilSen } from './theil-sen.ts'

const whole = fc.integer({ min: -1000, max: 1000 })
const drawn = (seed: number) => {
  let state = (seed % 2_147_483_646) + 1
  return (limit: number): number => (state = (state * 48_271) % 2_147_483_647) % limit
}

describe('theilSen', () => {
  test('finds a straight line again, whatever it is', () => {
    fc.assert(
      fc.property(whole, whole, fc.uniqueArray(whole, { minLength: 2, maxLength: 20 }), (slope, intercept, xs) => {
        const line = theilSen(xs.map(x => ({ x, y: slope * x + intercept })))
        expect(line?.slope).toBeCloseTo(slope, 6)
        expect(line?.intercept).toBeCloseTo(intercept, 3)
      }),
    )
  })

  test('is not bent by a quarter of wild points', () => {
    fc.assert(
      fc.property(whole, fc.array(fc.integer({ min: 1e6, max: 1e9 }), { minLength: 4, maxLength: 4 }), (slope, wild) => {
        const points = Array.from({ length: 16 }, (_, x) => ({ x, y: slope * x }))
        wild.forEach((y, place) => (points[place * 4] = { x: place * 4, y }))
        const fitted = theilSen(points)?.slope ?? Infinity
        expect(Math.abs(fitted - slope)).toBeLessThan(1e6)
      }),
    )
  })

  test('turns with its points', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(whole, whole), { minLength: 2, maxLength: 15 }), pairs => {
        const points = pairs.map(([x, y]) => ({ x, y }))
        const line = theilSen(points)
        const mirrored = theilSen(points.map(({ x, y }) => ({ x, y: -y })))
        expect(mirrored?.slope ?? 0).toBeCloseTo(-(line?.slope ?? 0), 9)
      }),
    )
  })

  test('draws no line through a single place', () => {
    expect(
      theilSen([
        { x: 3, y: 1 },
        { x: 3, y: 9 },
      ]),
    ).toBeNull()
    expect(slopeInterval([{ x: 3, y: 1 }], { resamples: 10, confidence: 0.9, below: () => 0 })).toBeNull()
  })
})

describe('slopeInterval', () => {
  test('holds the slope of a line without noise, and is that narrow', () => {
    fc.assert(
      fc.property(whole, fc.nat(), (slope, seed) => {
        const points = Array.from({ length: 12 }, (_, x) => ({ x, y: slope * x }))
        const interval = slopeInterval(points, { resamples: 50, confidence: 0.99, below: drawn(seed) })
        expect(interval?.low).toBeCloseTo(slope, 6)
        expect(interval?.high).toBeCloseTo(slope, 6)
      }),
    )
  })

  test('includes none where there is only noise', () => {
    const below = drawn(7)
    const points = Array.from({ length: 40 }, (_, x) => ({ x, y: below(1000) }))
    const interval = slopeInterval(points, { resamples: 200, confidence: 0.99, below })
    expect(interval?.low).toBeLessThan(0)
    expect(interval?.high).toBeGreaterThan(0)
  })
})

test('the median of an even number of values lies in the middle of the two middle ones', () => {
  expect(median([4, 1, 3, 2])).toBe(2.5)
  expect(median([5, 1, 3])).toBe(3)
  expect(median([])).toBe(0)
})
