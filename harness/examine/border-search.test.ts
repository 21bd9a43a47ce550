import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findBorder } from './border-search.ts'

const options = { min: 1, max: 100_000, precision: 1.05, triesAtBorder: 3, maxProbes: 60 }

describe('findBorder', () => {
  test('finds a sharp border to within its precision, wherever it begins', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 99_999 }), fc.integer({ min: 1, max: 100_000 }), async (limit, start) => {
        const border = await findBorder(async load => await Promise.resolve(load <= limit), { ...options, start })
        expect(border.isSettled).toBe(true)
        expect(border.met).toBeLessThanOrEqual(limit)
        expect(border.notMet).toBeGreaterThan(limit)
        const [met, notMet] = [border.met ?? 0, border.notMet ?? 0]
        expect(notMet - met === 1 || notMet / met <= options.precision).toBe(true)
      }),
    )
  })

  test('asks again at the border, and goes below a load that was met by luck', async () => {
    const asked: number[] = []
    let isFirst = true
    const probe = async (load: number): Promise<boolean> => {
      asked.push(load)
      if (load < 100) return await Promise.resolve(true)
      const isLucky = load < 105 && isFirst
      if (load >= 100 && load < 105) isFirst = false
      return await Promise.resolve(isLucky)
    }
    const border = await findBorder(probe, { ...options, start: 103 })
    expect(border.met).toBeLessThan(100)
    expect(asked.filter(load => load === border.met).length).toBeGreaterThan(1)
  })

  test('says that nothing was met, and that everything was', async () => {
    expect(await findBorder(async () => await Promise.resolve(false), { ...options, start: 50 })).toMatchObject({ met: null, notMet: 1 })
    expect(await findBorder(async () => await Promise.resolve(true), { ...options, start: 50 })).toMatchObject({
      met: 100_000,
      notMet: null,
    })
  })

  test('ends after so many probes, however unsteady the answers', async () => {
    let count = 0
    const border = await findBorder(async () => await Promise.resolve(count++ % 3 !== 0), { ...options, start: 500, maxProbes: 12 })
    expect(count).toBeLessThanOrEqual(12)
    expect(border.met === null || border.notMet === null || border.met < border.notMet).toBe(true)
  })
})
