import { expect, test } from 'vitest'
import { type CostSample, judgeGrowth } from '../judge/cost-growth.ts'
import { createRandom, type Random } from '../scenario/seeded-random.ts'
import { isCertain, SURE_VISITS } from './cost-certainty.ts'

const SIZES = [1024, 4096, 65_536]
const MOST_VISITS = 20
const EXAMINATIONS = 24

/** Of so many examinations, how many find the cost constant and are certain of it. */
function passes(riseUs: number, noiseUs: number): number {
  const random = createRandom(7, `${riseUs} in ${noiseUs}`)
  return Array.from({ length: EXAMINATIONS }, () => passesOnce(riseUs, noiseUs, random)).filter(Boolean).length
}

/** Measured until it is certain, as an examination does. Noise only ever adds, and now and then much, as a busy machine does. */
function passesOnce(riseUs: number, noiseUs: number, random: Random): boolean {
  const samples: CostSample[] = []
  for (let visit = 1; visit <= MOST_VISITS; visit++) {
    for (const size of SIZES) samples.push({ size, costUs: 60 + (riseUs * size) / 65_536 - Math.log(1 - random.next()) * noiseUs })
    const growth = visit < SURE_VISITS ? null : judgeGrowth(samples, random.below)
    if (growth !== null && isCertain(growth)) return growth.trend === 'constant'
  }
  return false
}

test('growth of 60 µs hardly ever passes and of 100 µs never, however noisy the machine', () => {
  for (const noiseUs of [5, 40, 80]) {
    expect(passes(60, noiseUs)).toBeLessThanOrEqual(EXAMINATIONS * 0.05)
    expect(passes(100, noiseUs)).toBe(0)
  }
})

test('growth of 40 µs does not pass on a machine that is somewhat noisy', () => {
  for (const noiseUs of [5, 15]) expect(passes(40, noiseUs)).toBe(0)
})

test('a constant cost passes on a machine that is noisy', () => {
  for (const noiseUs of [5, 15]) expect(passes(0, noiseUs)).toBe(EXAMINATIONS)
  expect(passes(0, 40)).toBeGreaterThan(EXAMINATIONS * 0.8)
})

test('what is measured is certain where growth is sure, and never where it is unclear', () => {
  const growth = {
    smallestSize: 1024,
    largestSize: 65_536,
    smallestUs: 10,
    largestUs: 110,
    riseUs: 100,
    riseLowUs: 90,
    riseHighUs: 110,
    visits: 3,
  }
  expect(isCertain({ ...growth, trend: 'grows' })).toBe(true)
  expect(isCertain({ ...growth, trend: 'grows', riseLowUs: 25 })).toBe(false)
  expect(isCertain({ ...growth, trend: 'grows', riseLowUs: 25, visits: 5 })).toBe(true)
  expect(isCertain({ ...growth, trend: 'unclear', visits: 30 })).toBe(false)
})
