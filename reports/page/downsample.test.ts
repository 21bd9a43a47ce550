import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { downsampled, highest, inRuns } from './downsample.ts'

const value = fc.option(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }), { nil: null })

test('downsampling keeps each column’s maximum and minimum, invents no value, and keeps within its limit', () => {
  const input = fc.tuple(fc.array(fc.tuple(value, value), { maxLength: 300 }), fc.integer({ min: 1, max: 20 }))
  fc.assert(
    fc.property(input, ([rows, half]) => {
      const columns = [rows.map(([a]) => a), rows.map(([, b]) => b)]
      const result = downsampled({ xs: rows.map((_, index) => index), columns }, half * 2)
      expect(result.xs.length).toBeLessThanOrEqual(Math.max(half * 2, 0))
      expect(result.xs).toEqual([...result.xs].sort((a, b) => a - b))
      result.columns.forEach((column, index) => {
        const before = (columns[index] ?? []).filter(entry => entry !== null)
        const after = column.filter(entry => entry !== null)
        expect(column.length).toBe(result.xs.length)
        expect(Math.max(...after)).toBe(Math.max(...before))
        expect(Math.min(...after)).toBe(Math.min(...before))
        for (const entry of after) expect(before.includes(entry)).toBe(true)
      })
    }),
    { numRuns: 60 },
  )
})

test('runs of neighbours hold every item once, in order', () => {
  const items = Array.from({ length: 101 }, (_, index) => index)
  expect(inRuns(items, 7)).toHaveLength(7)
  expect(inRuns(items, 7).flat()).toEqual(items)
  expect(inRuns([], 7)).toEqual([])
})

test('the highest of very many values needs no stack', () => {
  expect(highest(Array.from({ length: 200_000 }, (_, index) => index))).toBe(199_999)
  expect(highest([])).toBe(0)
  expect(highest([-3, -1])).toBe(-1)
})
