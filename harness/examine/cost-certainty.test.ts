import { expect, test } from 'vitest'
import { judgeGrowth } from '../judge/cost-growth.ts'
import { createRandom, type Random } from '../scenario/seeded-random.ts'
import { isCertain } from './cost-certainty.ts'

const SIZES = [1024, 4096, 16_384, 65_536]
const VISITS = 4
const EXAMINATIONS = 60

/** Of so many examinations, how many find the cost constant and are certain of it. */
function passes(riseUs: number, noiseUs: number): number {
  const random = createRandom(7, `${riseUs} in ${noiseUs}`)
  return Array.from({ length: EXAMINATIONS }, () => passesOnce(riseUs, noiseUs, random)).filter(Boolean).length
}

/** Noise only ever adds, and now and then much, as a busy machine does. */
function passesOnce(riseUs: number, noiseUs: number, random: Random): boolean {
  const samples = SIZES.flatMap(size =>
    Array.from({ length: VISITS }, () => ({ size, costUs: 60 + (riseUs * size) / 65_536 - Math.log(1 - random.next()) * noiseUs })),
  )
  const growth = judgeGrowth(samples, random.below)
  return growth?.trend === 'constant' && isCertain(growth)
}

test('growth of 100 µs never passes, however noisy the machine', () => {
  for (const noiseUs of [5, 40, 80]) expect(passes(100, noiseUs)).toBe(0)
})

test('a constant cost passes on a machine that is somewhat noisy', () => {
  expect(passes(0, 5)).toBe(EXAMINATIONS)
  expect(passes(0, 15)).toBeGreaterThan(EXAMINATIONS * 0.8)
})

test('what is measured is certain where growth is sure, and never where it is unclear', () => {
  const growth = { smallestSize: 1024, largestSize: 65_536, smallestUs: 10, largestUs: 110, riseUs: 100, riseLowUs: 90, riseHighUs: 110 }
  expect(isCertain({ ...growth, trend: 'grows' })).toBe(true)
  expect(isCertain({ ...growth, trend: 'unclear' })).toBe(false)
})
