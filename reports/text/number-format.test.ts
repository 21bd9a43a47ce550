import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatBytes, formatDuration, formatMoment, formatMs, formatShare, msDigits } from './number-format.ts'

test.each([
  [0, '0 ms'],
  [0.4219, '0.42 ms'],
  [38.24, '38.2 ms'],
  [1049, '1,049 ms'],
  [1000, '1,000 ms'],
  // On the other side of the SLA by a hair: as many digits as it takes to see it.
  [1000.2, '1,000.2 ms'],
  [999.9996, '999.9996 ms'],
  [Number.NaN, '–'],
])('%d ms reads %s beside an SLA of 1,000 ms', (value, text) => {
  expect(formatMs(value, [1000])).toBe(text)
})

test('no rounding carries a latency onto or across a limit', () => {
  const near = fc.tuple(fc.integer({ min: 1, max: 5000 }), fc.double({ min: -2, max: 2, noNaN: true }))
  fc.assert(
    fc.property(near, ([limit, offset]) => {
      const value = limit + offset
      const shown = Number(msDigits(value, [limit]).replaceAll(',', ''))
      expect(Math.sign(shown - limit)).toBe(Math.sign(value - limit))
    }),
  )
})

test('bytes, shares, moments and spans of time carry their units', () => {
  expect([812, 65_536, 1_610_612_736].map(formatBytes)).toEqual(['812 B', '64 KiB', '1.5 GiB'])
  expect([0, 0.00001, 0.0042, 0.42, 1.5].map(formatShare)).toEqual(['0 %', '< 0.01 %', '0.42 %', '42 %', '150 %'])
  expect([12_345, -806.1].map(formatMoment)).toEqual(['+12.345 s', '−0.806 s'])
  expect([840, 12_500, 250_000, 7_500_000].map(formatDuration)).toEqual(['840 ms', '12.5 s', '4 min 10 s', '2 h 5 min'])
})
