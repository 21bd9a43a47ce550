/**
 * The hot path's way into an HDR histogram: the same buckets (three significant digits), found with two integer instructions and counted in
 * one array; `addTo` hands the counts on. Exact to the bucket: a histogram filled this way equals one that recorded every value.
 */
import { createLatencyHistogram, type LatencyHistogram } from './latency-histogram.ts'

const HALF_BITS = 10
const HALF = 1 << HALF_BITS
/** 35 minutes: the largest number of microseconds that the integer path takes; anything above counts as this. */
const MAX_US = 2 ** 31 - 1

export class LatencyCounts {
  readonly #counts = new Uint32Array((32 - HALF_BITS) * HALF)
  #maxUs = 0

  record(latencyUs: number): void {
    const value = latencyUs < 1 ? 1 : latencyUs > MAX_US ? MAX_US : (latencyUs + 0.5) | 0
    const index = indexOf(value)
    this.#counts[index] = (this.#counts[index] ?? 0) + 1
    if (value > this.#maxUs) this.#maxUs = value
  }

  /** Adds what was recorded; the largest value goes in as it was, the others as the smallest of their bucket. */
  addTo(histogram: LatencyHistogram): void {
    if (this.#maxUs === 0) return
    histogram.recordValue(this.#maxUs)
    const maxIndex = indexOf(this.#maxUs)
    for (let index = 0; index <= maxIndex; index++) {
      const count = (this.#counts[index] ?? 0) - (index === maxIndex ? 1 : 0)
      if (count > 0) histogram.recordValueWithCount(valueAt(index), count)
    }
  }

  toHistogram(): LatencyHistogram {
    const histogram = createLatencyHistogram()
    this.addTo(histogram)
    return histogram
  }
}

function indexOf(value: number): number {
  const shift = value < 2 * HALF ? 0 : 31 - HALF_BITS - Math.clz32(value)
  return shift * HALF + (value >>> shift)
}

/** The smallest value of a bucket. */
function valueAt(index: number): number {
  if (index < 2 * HALF) return index
  const shift = (index >>> HALF_BITS) - 1
  return ((index & (HALF - 1)) + HALF) * 2 ** shift
}
