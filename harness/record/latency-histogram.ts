/** Latencies in microseconds in an HDR histogram (three significant digits), and what is drawn and printed from one. */
import hdr, { type Histogram } from 'hdr-histogram-js'
import type { Percentiles } from './run-record.ts'

/** One hour: more than any run waits. */
const HIGHEST_US = 3_600_000_000

export type LatencyHistogram = Histogram

export function createLatencyHistogram(): LatencyHistogram {
  return hdr.build({
    bitBucketSize: 32,
    lowestDiscernibleValue: 1,
    highestTrackableValue: HIGHEST_US,
    numberOfSignificantValueDigits: 3,
    autoResize: false,
  })
}

/** Records one latency; below a microsecond counts as one, above an hour as an hour. */
export function recordLatency(histogram: LatencyHistogram, latencyUs: number): void {
  histogram.recordValue(latencyUs < 1 ? 1 : latencyUs > HIGHEST_US ? HIGHEST_US : Math.round(latencyUs))
}

/** Compressed, base64: what `decodeLatencyHistogram` reads, on this machine or another. */
export function encodeLatencyHistogram(histogram: LatencyHistogram): string {
  return hdr.encodeIntoCompressedBase64(histogram)
}

export function decodeLatencyHistogram(text: string): LatencyHistogram {
  return hdr.decodeFromCompressedBase64(text, 32, false)
}

/** One histogram that holds all that the others do. */
export function mergeLatencyHistograms(histograms: readonly LatencyHistogram[]): LatencyHistogram {
  const merged = createLatencyHistogram()
  for (const histogram of histograms) if (histogram.totalCount > 0) merged.add(histogram)
  return merged
}

export function percentilesMs(histogram: LatencyHistogram): Percentiles {
  const at = (percentile: number): number => toMs(histogram, histogram.getValueAtPercentile(percentile))
  return {
    count: histogram.totalCount,
    p50: at(50),
    p90: at(90),
    p99: at(99),
    p999: at(99.9),
    max: toMs(histogram, histogram.maxValue),
  }
}

/** [percentile, ms] pairs, denser towards 100, as the percentile curve needs them. Empty when nothing was recorded. */
export function percentileCurve(histogram: LatencyHistogram): [number, number][] {
  if (histogram.totalCount === 0) return []
  const percentiles: number[] = []
  for (let step = 0; step < 20; step++) percentiles.push(step * 5)
  for (let tail = 5, steps = 0; steps < 60; steps++) {
    tail *= 0.85
    percentiles.push(100 - tail)
  }
  percentiles.push(100)
  const resolvable = percentiles.filter(percentile => percentile === 100 || (100 - percentile) / 100 >= 0.5 / histogram.totalCount)
  return resolvable.map(percentile => [percentile, toMs(histogram, histogram.getValueAtPercentile(percentile))])
}

function toMs(histogram: LatencyHistogram, valueUs: number): number {
  if (histogram.totalCount === 0) return 0
  // A bucket's upper edge may lie above the largest value recorded; a percentile must not.
  return Math.min(valueUs, histogram.maxValue) / 1000
}
