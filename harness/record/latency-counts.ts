/**
 * The hot path's way into an HDR histogram: the same buckets (three significant digits), found with two integer instructions and counted in
 * one array; `addTo` hands the counts on. Exact to the bucket: a histogram filled this way equals one that recorded every value.
 */
import { createLatencyHistogram, type LatencyHistogram } from './latency-histogram.ts'

const HALF_BITS = 10
const HALF = 1 << HALF_BITS
/** 35 minutes: the largest number of microseconds that the integer path takes; anything above counts as this. */
const MAX_US = 2 ** 31 - 1

/** The counts so far, up to the highest bucket that has any: plain data, to be added up with those of others. */
export interface LatencySnapshot {
  readonly counts: Uint32Array
  readonly maxUs: number
}

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

  snapshot(): LatencySnapshot {
    return { counts: this.#counts.slice(0, this.#maxUs === 0 ? 0 : indexOf(this.#maxUs) + 1), maxUs: this.#maxUs }
  }

  toHistogram(): LatencyHistogram {
    const histogram = createLatencyHistogram()
    this.addTo(histogram)
    return histogram
  }
}

/** The latency in ms below which `share` (0 to 1) of all that the snapshots hold stayed, exact to the bucket; `null` where they hold nothing. */
export function percentileMsOf(snapshots: readonly LatencySnapshot[], share: number): number | null {
  const merged = new Float64Array(Math.max(0, ...snapshots.map(({ counts }) => counts.length)))
  let total = 0
  for (const { counts } of snapshots) {
    for (let index = 0; index < counts.length; index++) {
      merged[index] = (merged[index] ?? 0) + (counts[index] ?? 0)
      total += counts[index] ?? 0
    }
  }
  if (total === 0) return null
  const maxUs = Math.max(...snapshots.map(snapshot => snapshot.maxUs))
  let above = total - Math.ceil(total * share)
  for (let index = merged.length - 1; index >= 0; index--) {
    above -= merged[index] ?? 0
    if (above < 0) return Math.min(valueAt(index + 1) - 1, maxUs) / 1000
  }
  return maxUs / 1000
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
