import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { judgeMemory, type MemorySample, shareKept } from './memory-trend.ts'

const MIB = 1024 * 1024

function drawing(seed: number): (limit: number) => number {
  let state = (seed % 2_147_483_646) + 1
  return limit => (state = (state * 48_271) % 2_147_483_647) % limit
}

/** 40 looks while 3 MiB are sent between two of them. */
function looks(rssMiB: (sentMiB: number, place: number) => number): MemorySample[] {
  return Array.from({ length: 40 }, (_, place) => ({ sentBytes: place * 3 * MIB, rssBytes: rssMiB(place * 3, place) * MIB }))
}

describe('judgeMemory', () => {
  test('finds that everything is kept, whatever the level', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 10, max: 1500 }), fc.double({ min: 0.5, max: 6, noNaN: true }), (seed, level, share) => {
        const below = drawing(seed)
        expect(
          judgeMemory(
            looks(sent => level + share * sent + below(5)),
            below,
          )?.trend,
        ).toBe('grows')
      }),
      { numRuns: 6 },
    )
  })

  test('takes a high level that stays for settled', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 10, max: 1900 }), (seed, level) => {
        const below = drawing(seed)
        expect(
          judgeMemory(
            looks(() => level + below(3)),
            below,
          )?.trend,
        ).toBe('settled')
      }),
      { numRuns: 6 },
    )
  })

  test('never takes the saw of a collector for growth without end', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 3, max: 8 }), fc.integer({ min: 5, max: 60 }), (seed, period, height) => {
        const below = drawing(seed)
        expect(
          judgeMemory(
            looks((_, place) => 300 + (place % period) * (height / period)),
            below,
          )?.trend,
        ).not.toBe('grows')
      }),
      { numRuns: 6 },
    )
  })

  test('says nothing when nothing was sent', () => {
    expect(
      judgeMemory(
        [
          { sentBytes: 0, rssBytes: 5 },
          { sentBytes: 0, rssBytes: 9 },
        ],
        () => 0,
      ),
    ).toBeNull()
  })
})

describe('shareKept', () => {
  test('is what each further byte left behind', () => {
    expect(shareKept(looks(sent => 100 + 0.07 * sent))).toBeCloseTo(0.07)
    expect(shareKept(looks(() => 100))).toBe(0)
    expect(shareKept(looks(sent => 500 - sent))).toBeCloseTo(-1)
  })

  test('is nothing where nothing was sent', () => {
    expect(shareKept([])).toBe(0)
    expect(shareKept([{ sentBytes: 7, rssBytes: 5 }])).toBe(0)
  })
})
