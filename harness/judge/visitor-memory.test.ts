import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { goesOnGrowing, isCollected, stillGrows, type VisitSample } from './visitor-memory.ts'

const MIB = 1024 * 1024
const KIB = 1024
/** A visitor. */
const LEAST_BYTES = 4 * KIB

/** A look every 100 of 10,000 visitors. */
function looks(rssBytes: (visitors: number) => number): VisitSample[] {
  return Array.from({ length: 101 }, (_, place) => ({ visitors: place * 100, rssBytes: rssBytes(place * 100) }))
}

/** Levels after each further 10,000. */
function levels(...mib: number[]): VisitSample[] {
  return mib.map((level, place) => ({ visitors: place * 10_000, rssBytes: level * MIB }))
}

describe('whether memory still grows with every visitor', () => {
  test.each([
    ['16 KiB kept of each', (visitors: number) => 11 * MIB + visitors * 16 * KIB, true],
    ['and in the steps of a collector', (visitors: number) => 11 * MIB + Math.ceil(visitors / 1500) * 1500 * 16 * KIB, true],
    ['5 KiB kept of each', (visitors: number) => 11 * MIB + visitors * 5 * KIB, true],
    ['a heap that has its size before half of them', (visitors: number) => 11 * MIB + Math.min(4500, visitors) * 40 * KIB, false],
    ['one jump late on, as of an arena', (visitors: number) => (visitors < 8000 ? 40 * MIB : 90 * MIB), false],
    ['a few hundred bytes of each', (visitors: number) => 11 * MIB + visitors * 700, false],
    ['memory given back', (visitors: number) => 400 * MIB - visitors * 16 * KIB, false],
  ])('%s', (_, rssBytes, grows) => {
    expect(stillGrows(looks(rssBytes), LEAST_BYTES)).toBe(grows)
  })

  test('no level says so, nor does the saw of a collector', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 5, max: 1900 }),
        fc.integer({ min: 2, max: 12 }),
        fc.integer({ min: 1, max: 100 }),
        (level, period, height) => {
          expect(
            stillGrows(
              looks(visitors => (level + ((visitors / 100) % period) * (height / period)) * MIB),
              LEAST_BYTES,
            ),
          ).toBe(false)
        },
      ),
    )
  })

  test('nothing was seen', () => {
    expect(stillGrows([], LEAST_BYTES)).toBe(false)
  })
})

describe('whether a collector has had its turn', () => {
  test('it has when messages leave hardly anything', () => {
    expect(isCollected(0, 40 * MIB)).toBe(true)
    expect(isCollected(-5 * MIB, 40 * MIB)).toBe(true)
    expect(isCollected(40 * MIB, 40 * MIB)).toBe(false)
    expect(isCollected(4 * MIB, 40 * MIB)).toBe(false)
  })
})

describe('whether memory goes on growing', () => {
  test.each([
    ['a server that keeps 16 KiB of each', levels(348, 681, 1011), true],
    ['and after one further look', levels(348, 681), true],
    ['a heap that grew to the limit it was given', levels(1785, 1785, 1787), false],
    ['growth that comes to its end', levels(200, 360, 400), false],
    ['growth that ends after a while is left for it', levels(200, 360, 360), false],
    ['less than 4 KiB of each', levels(200, 235, 270), false],
    ['one level alone', levels(200), false],
  ])('%s', (_, seen, grows) => {
    expect(goesOnGrowing(seen, LEAST_BYTES)).toBe(grows)
  })

  test('a few visitors are not enough for what heaps do by themselves', () => {
    expect(
      goesOnGrowing(
        [20, 43, 66].map((mib, place) => ({ visitors: place * 4000, rssBytes: mib * MIB })),
        LEAST_BYTES,
      ),
    ).toBe(false)
  })

  test('however high, what ends on a level passes', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 5, max: 3000 }), { minLength: 1, maxLength: 4 }), before => {
        const last = before.at(-1) ?? 0
        expect(goesOnGrowing(levels(...before, last), LEAST_BYTES)).toBe(false)
      }),
    )
  })
})
