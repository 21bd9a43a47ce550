import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { minimise } from './minimise.ts'

const MOST_CALLS_FOR_30 = 30 * 30 * 2

test('what is needed is all that is left, wherever it stands', async () => {
  const cases = fc
    .integer({ min: 1, max: 30 })
    .chain(count => fc.record({ count: fc.constant(count), needed: fc.uniqueArray(fc.nat(count - 1), { minLength: 1 }) }))
  await fc.assert(
    fc.asyncProperty(cases, async ({ count, needed }) => {
      let calls = 0
      const kept = await minimise(
        Array.from({ length: count }, (_, at) => at),
        async candidate => {
          calls++
          return await Promise.resolve(needed.every(item => candidate.includes(item)))
        },
      )
      expect([...kept].sort((a, b) => a - b)).toEqual([...needed].sort((a, b) => a - b))
      expect(calls).toBeLessThan(MOST_CALLS_FOR_30)
    }),
  )
})

test('where nothing smaller shows, everything stays, in order', async () => {
  expect(await minimise([3, 1, 2], async () => await Promise.resolve(false))).toEqual([3, 1, 2])
})

test('it ends although what shows is mere luck', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.boolean(), { minLength: 1, maxLength: 200 }), async luck => {
      let call = 0
      const items = Array.from({ length: 20 }, (_, at) => at)
      const kept = await minimise(items, async () => await Promise.resolve(luck[call++ % luck.length] ?? false))
      expect(kept.length).toBeGreaterThan(0)
      expect(items).toEqual(expect.arrayContaining([...kept]))
    }),
  )
})
