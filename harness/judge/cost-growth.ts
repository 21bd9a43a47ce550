/** Does an operation cost more the more there is that does not concern it? A pure function of what batches cost at several sizes. */
import { median, slopeInterval, theilSen } from './theil-sen.ts'

/** The contract's: less growth than this, over the whole range, is never failed. Caches and deeper trees explain as much. */
export const HARMLESS_RISE_US = 20
const CONFIDENCE = 0.99
/** Sizes nearer to each other than this share of the range say little of the growth, and much of the noise. */
const APART_SHARE = 0.5
const RESAMPLES = 200
/** Work that goes through everything grows most where there is most; a hash table that falls out of a cache does so once. */
const LATE_SHARE = 0.6
const LATE_FACTOR = 16

/** One batch: the server's CPU an operation, in microseconds, with `size` others there. */
export interface CostSample {
  readonly size: number
  readonly costUs: number
}

export interface CostGrowth {
  /** `unclear`: there seems to be growth, but the noise is as large. */
  readonly trend: 'constant' | 'grows' | 'unclear'
  readonly smallestSize: number
  readonly largestSize: number
  /** Medians over the batches of the smallest and the largest size. */
  readonly smallestUs: number
  readonly largestUs: number
  /** From the smallest size to the largest, by the fitted line, and the bounds of its 99 % interval. */
  readonly riseUs: number
  readonly riseLowUs: number
  readonly riseHighUs: number
  /** Batches at the size that has fewest. */
  readonly visits: number
}

/** `null` when there are not at least two sizes. */
export function judgeGrowth(samples: readonly CostSample[], below: (limit: number) => number): CostGrowth | null {
  const sizes = [...new Set(samples.map(({ size }) => size))].sort((a, b) => a - b)
  const [smallestSize, largestSize] = [sizes[0], sizes.at(-1)]
  const points = samples.map(({ size, costUs }) => ({ x: size, y: costUs }))
  if (smallestSize === undefined || largestSize === undefined) return null
  const apart = (largestSize - smallestSize) * APART_SHARE
  const line = theilSen(points, { apart })
  const slopes = slopeInterval(points, { resamples: RESAMPLES, confidence: CONFIDENCE, apart, below })
  if (line === null || slopes === null) return null
  const medianAt = (size: number): number => median(samples.filter(sample => sample.size === size).map(({ costUs }) => costUs))
  const range = largestSize - smallestSize
  const earlier = sizes.findLast(size => size * LATE_FACTOR <= largestSize) ?? smallestSize
  const growth = {
    smallestSize,
    largestSize,
    smallestUs: medianAt(smallestSize),
    largestUs: medianAt(largestSize),
    riseUs: line.slope * range,
    riseLowUs: slopes.low * range,
    riseHighUs: slopes.high * range,
    visits: Math.min(...sizes.map(size => samples.filter(sample => sample.size === size).length)),
  }
  const seenUs = growth.largestUs - growth.smallestUs
  const isLate = growth.largestUs - medianAt(earlier) >= seenUs * LATE_SHARE
  if (growth.riseUs <= HARMLESS_RISE_US || seenUs <= HARMLESS_RISE_US || !isLate) return { trend: 'constant', ...growth }
  return { trend: growth.riseLowUs > HARMLESS_RISE_US ? 'grows' : 'unclear', ...growth }
}
