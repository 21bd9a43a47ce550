import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { percentilesMs } from '../record/latency-histogram.ts'
import { GeneratorWatch } from './generator-watch.ts'

describe('the generator’s watch over its loop', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('finds no delay while every tick comes in time', () => {
    expect(delaysOf(200, () => 0)).toMatchObject({ count: 200, p99: 0.001 })
  })

  it('weighs a pause by its length, and not as one tick among many', () => {
    // Two seconds of ticks, one of them half a second late: a fifth of the time a read would have been late.
    const delays = delaysOf(200, tick => (tick === 100 ? 500 : 0))
    expect(delays.count).toBe(249)
    expect(delays.p50).toBe(0.001)
    expect(delays.p90).toBeGreaterThan(200)
    expect(delays.p99).toBeGreaterThan(450)
    expect(delays.max).toBeCloseTo(500, 0)
  })
})

/** Delays seen over so many ticks; each tick is late by so many ms. */
function delaysOf(ticks: number, lateMs: (tick: number) => number): ReturnType<typeof percentilesMs> {
  let nowMs = 0
  const watch = new GeneratorWatch(1000, () => nowMs * 1000)
  for (let tick = 0; tick < ticks; tick++) {
    nowMs += 10 + lateMs(tick)
    vi.advanceTimersByTime(10)
  }
  watch.stop()
  return percentilesMs(watch.loopDelay)
}
