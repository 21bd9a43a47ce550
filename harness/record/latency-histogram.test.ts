import { array, assert, integer, property } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LatencyCounts, percentileMsOf } from './latency-counts.ts'
import {
  createLatencyHistogram,
  decodeLatencyHistogram,
  encodeLatencyHistogram,
  type LatencyHistogram,
  mergeLatencyHistograms,
  percentileCurve,
  percentilesMs,
  recordLatency,
} from './latency-histogram.ts'

const latencies = array(integer({ min: 1, max: 100_000_000 }), { minLength: 1, maxLength: 300 })

describe('latency histograms', () => {
  it('give percentiles within a thousandth of the true ones, and the exact maximum', () => {
    assert(
      property(latencies, all => {
        const sorted = all.toSorted((a, b) => a - b)
        const { count, p50, p99, max } = percentilesMs(filled(all))
        expect(count).toBe(all.length)
        expect(max).toBeCloseTo((sorted.at(-1) ?? 0) / 1000, -Math.log10((sorted.at(-1) ?? 1) / 1e6))
        for (const [got, percent] of [
          [p50, 50],
          [p99, 99],
        ] as const) {
          const trueMs = (sorted[Math.ceil((all.length * percent) / 100) - 1] ?? 0) / 1000
          expect(Math.abs(got - trueMs)).toBeLessThanOrEqual(trueMs / 1000 + 0.001)
        }
      }),
    )
  })

  it('merge to what one histogram of everything says, also through their encoded form', () => {
    assert(
      property(latencies, latencies, (one, other) => {
        const parts = [one, other].map(part => decodeLatencyHistogram(encodeLatencyHistogram(filled(part))))
        const whole = decodeLatencyHistogram(encodeLatencyHistogram(filled([...one, ...other])))
        expect(percentilesMs(mergeLatencyHistograms(parts))).toEqual(percentilesMs(whole))
      }),
      { numRuns: 40 },
    )
  })

  it('say zero of everything when nothing was recorded', () => {
    expect(percentilesMs(mergeLatencyHistograms([createLatencyHistogram()]))).toEqual({ count: 0, p50: 0, p90: 0, p99: 0, p999: 0, max: 0 })
    expect(percentileCurve(createLatencyHistogram())).toEqual([])
  })

  it('draw a curve that rises to the maximum at 100', () => {
    assert(
      property(latencies, all => {
        const curve = percentileCurve(filled(all))
        expect(curve.at(-1)?.[0]).toBe(100)
        curve.slice(1).forEach(([percentile, ms], index) => {
          expect(percentile).toBeGreaterThan(curve[index]?.[0] ?? Infinity)
          expect(ms).toBeGreaterThanOrEqual(curve[index]?.[1] ?? Infinity)
        })
      }),
      { numRuns: 40 },
    )
  })

  it('are the same when they are counted the quick way', () => {
    assert(
      property(latencies, all => {
        const counts = new LatencyCounts()
        for (const latencyUs of all) counts.record(latencyUs)
        expect(percentilesMs(counts.toHistogram())).toEqual(percentilesMs(filled(all)))
      }),
    )
  })

  it('have the same percentiles while they are still being counted, by several', () => {
    assert(
      property(latencies, latencies, (one, other) => {
        const parts = [one, other].map(part => {
          const counts = new LatencyCounts()
          for (const latencyUs of part) counts.record(latencyUs)
          return counts.snapshot()
        })
        const { p50, p99 } = percentilesMs(filled([...one, ...other]))
        expect(percentileMsOf(parts, 0.5)).toBe(p50)
        expect(percentileMsOf(parts, 0.99)).toBe(p99)
      }),
    )
    expect(percentileMsOf([new LatencyCounts().snapshot()], 0.99)).toBeNull()
    expect(percentileMsOf([], 0.99)).toBeNull()
  })
})

function filled(all: readonly number[]): LatencyHistogram {
  const histogram = createLatencyHistogram()
  for (const latencyUs of all) recordLatency(histogram, latencyUs)
  return histogram
}
