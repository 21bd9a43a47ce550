import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CostSample, HARMLESS_RISE_US, judgeGrowth } from './cost-growth.ts'

const SIZES = [1024, 4096, 16_384, 65_536]
const VISITS = 7

/** Park and Miller's generator: the same numbers each time. */
function drawing(seed: number): (limit: number) => number {
  let state = (seed % 2_147_483_646) + 1
  return limit => (state = (state * 48_271) % 2_147_483_647) % limit
}

/** Batches with an even noise of `noiseUs` either way. */
function batches(costUs: (size: number) => number, noiseUs: number, below: (limit: number) => number): CostSample[] {
  return SIZES.flatMap(size =>
    Array.from({ length: VISITS }, () => ({ size, costUs: costUs(size) + ((below(2001) - 1000) / 1000) * noiseUs })),
  )
}

describe('judgeGrowth', () => {
  test('never finds growth in a cost that rises by less than what is harmless', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.integer({ min: 5, max: 300 }),
        fc.double({ min: 0, max: HARMLESS_RISE_US - 1, noNaN: true }),
        (seed, base, rise) => {
          const below = drawing(seed)
          const growth = judgeGrowth(
            batches(size => base + (rise * size) / 65_536, 1, below),
            below,
          )
          expect(growth?.trend).toBe('constant')
        },
      ),
      { numRuns: 12 },
    )
  })

  test('always finds a linear growth of 40 µs and more, through noise', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 5, max: 300 }), fc.integer({ min: 40, max: 5000 }), (seed, base, rise) => {
        const below = drawing(seed)
        const growth = judgeGrowth(
          batches(size => base + (rise * (size - 1024)) / 64_512, 5, below),
          below,
        )
        expect(growth?.trend).toBe('grows')
        expect(growth?.riseUs ?? 0).toBeGreaterThan(HARMLESS_RISE_US)
      }),
      { numRuns: 12 },
    )
  })

  test('is not sure where noise is as large as what seems to grow', () => {
    const below = drawing(3)
    const trends = Array.from({ length: 6 }, (_, seed) => {
      const draw = drawing(seed)
      return judgeGrowth(
        batches(() => 100, 120, draw),
        below,
      )?.trend
    })
    expect(trends).not.toContain('grows')
  })

  test('does not take one step, as of a table that outgrows a cache, for growth without end', () => {
    const below = drawing(5)
    expect(
      judgeGrowth(
        batches(size => (size > 1024 ? 60 : 30), 2, below),
        below,
      )?.trend,
    ).toBe('constant')
  })

  test('says nothing of a single size', () => {
    expect(judgeGrowth([{ size: 10, costUs: 1 }], () => 0)).toBeNull()
  })
})
