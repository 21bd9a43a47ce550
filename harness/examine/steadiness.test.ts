import { describe, expect, test } from 'vitest'
import type { RunRecord } from '../record/run-record.ts'
import { isDisturbed } from './machine-share.ts'
import { steadinessOf } from './steadiness.ts'

describe('a load that could go on for ever', () => {
  test('is one whose latency stays where it is, however much it jumps about', () => {
    expect(steadinessOf(run([5, 90, 3, 7, 60, 4, 5, 80, 6, 4, 5, 70])).isSteady).toBe(true)
    expect(steadinessOf(run(Array.from({ length: 12 }, (_, at) => 100 + at * 15))).isSteady).toBe(true)
    expect(steadinessOf(run([400, 420, 390, 410, 400, 405, 395, 400, 410, 390, 400, 402])).isSteady).toBe(true)
  })

  test('is not one that adds to a queue all the time, though the step itself met the SLA', () => {
    const { isSteady, growthMsPerSecond } = steadinessOf(run(Array.from({ length: 12 }, (_, at) => 10 + at * 30)))
    expect(isSteady).toBe(false)
    expect(growthMsPerSecond).toBeCloseTo(60)
  })

  test('is one that works off what the warm-up has left', () => {
    expect(steadinessOf(run(Array.from({ length: 12 }, (_, at) => 300 - at * 20))).isSteady).toBe(true)
  })

  test('is not doubted where there is nothing to see', () => {
    expect(steadinessOf(run([])).isSteady).toBe(true)
    expect(steadinessOf(run([900])).isSteady).toBe(true)
  })
})

describe('a machine with others at work', () => {
  test('disturbs a step where it is full and others have a good part of it', () => {
    const disturbed = { busy: 1.9, others: 0.6, waiting: 0.3 }
    expect(isDisturbed(disturbed, 2)).toBe(true)
    expect(isDisturbed({ ...disturbed, others: 0.1 }, 2)).toBe(false)
    expect(isDisturbed({ ...disturbed, busy: 4, others: 2 }, 16)).toBe(false)
  })

  test('disturbs nobody who did not have to wait for a core', () => {
    expect(isDisturbed({ busy: 2, others: 1.2, waiting: 0.02 }, 2)).toBe(false)
  })
})

/** Half a second a row, six seconds in all: as much of a record as is looked at. */
function run(p50s: readonly number[]): RunRecord {
  const partial = {
    slaMs: 1000,
    phases: [
      { name: 'warm-up', measured: false, startMs: 0, endMs: 1000 },
      { name: 'hold', measured: true, startMs: 1000, endMs: 7000 },
    ],
    timeline: { rows: p50s.map((p50, at) => ({ atMs: 1000 + at * 500, p50, deliveries: 10 })) },
  }
  return partial as unknown as RunRecord
}
