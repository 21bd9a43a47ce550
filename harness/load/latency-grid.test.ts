import { array, assert, integer, property } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bucketEdgeMs, GRID_BUCKETS, LatencyGrid } from './latency-grid.ts'

const latencies = array(integer({ min: 1, max: 60_000_000 }), { minLength: 1, maxLength: 200 })

describe('the latency grid', () => {
  it('has buckets with ascending edges, and each latency below its own', () => {
    for (let bucket = 1; bucket < GRID_BUCKETS; bucket++) expect(bucketEdgeMs(bucket)).toBeGreaterThan(bucketEdgeMs(bucket - 1))
    assert(
      property(integer({ min: 0, max: 2 ** 31 - 1 }), latencyUs => {
        const grid = new LatencyGrid(1000)
        grid.record(0, latencyUs)
        const bucket = grid.heat(0)[0]?.[0] ?? -1
        expect(bucketEdgeMs(bucket) * 1000).toBeGreaterThanOrEqual(latencyUs)
        if (bucket > 0) expect(bucketEdgeMs(bucket - 1) * 1000).toBeLessThanOrEqual(latencyUs)
      }),
    )
  })

  it('gives percentiles that are never below the true one, at most an eighth above it, and never above the maximum', () => {
    assert(
      property(latencies, integer({ min: 1, max: 100 }), (all, percent) => {
        const grid = new LatencyGrid(1000)
        for (const latencyUs of all) grid.record(500_000, latencyUs)
        const sorted = all.toSorted((a, b) => a - b)
        const trueMs = (sorted[Math.ceil((all.length * percent) / 100) - 1] ?? 0) / 1000
        const ms = grid.percentileMs(0, percent / 100)
        expect(ms).toBeGreaterThanOrEqual(trueMs)
        expect(ms).toBeLessThanOrEqual(trueMs * 1.126 + 0.001)
        expect(ms).toBeLessThanOrEqual(grid.maxMs(0))
        expect(grid.maxMs(0)).toBe((sorted.at(-1) ?? 0) / 1000)
      }),
    )
  })

  it('adds up what several workers counted', () => {
    const [one, other, both] = [new LatencyGrid(3000), new LatencyGrid(3000), new LatencyGrid(3000)]
    for (let i = 0; i < 300; i++) {
      ;(i % 2 === 0 ? one : other)?.record(i * 10_000, i * i)
      both?.record(i * 10_000, i * i)
    }
    const merged = new LatencyGrid(3000)
    for (const grid of [one, other]) if (grid) merged.add(grid.counts, grid.maxUs)
    expect(merged).toEqual(both)
  })

  it('leaves out what is due outside the schedule', () => {
    const grid = new LatencyGrid(2000)
    grid.record(2_000_001, 5)
    grid.record(-1_000_001, 5)
    expect([grid.rows, grid.countIn(0), grid.countIn(1)]).toEqual([2, 0, 0])
  })
})
