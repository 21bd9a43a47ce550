import { describe, expect, test } from 'vitest'
import { MAX_SAMPLES, thinned } from './thinned-samples.ts'

const quiet = (index: number) => ({ atMs: index * 250, cpu: 0.2, rssBytes: 1e6, fds: 20, threads: 4 })
const FIELDS = ['cpu', 'rssBytes', 'fds', 'threads'] as const

describe('thinned samples', () => {
  test('are the samples themselves where they are few enough', () => {
    const samples = Array.from({ length: MAX_SAMPLES }, (_, index) => quiet(index))
    expect(thinned(samples)).toEqual(samples)
  })

  test('keep the peak of every field, though each was at another moment of one group', () => {
    const samples = Array.from({ length: MAX_SAMPLES * 5 }, (_, index) => quiet(index))
    const peaks = { cpu: 0.9, rssBytes: 9e9, fds: 900, threads: 90 }
    for (const [at, field] of FIELDS.entries()) {
      const sample = samples[5000 + at]
      if (sample !== undefined) sample[field] = peaks[field]
    }
    const kept = thinned(samples)
    expect(kept).toHaveLength(MAX_SAMPLES)
    expect(kept[1000]).toEqual({ ...peaks, atMs: 5004 * 250 })
    expect(kept.filter(({ cpu, rssBytes, fds, threads }) => cpu > 0.2 || rssBytes > 1e6 || fds > 20 || threads > 4)).toHaveLength(1)
  })

  test('stay in order and end where the run ended', () => {
    const kept = thinned(Array.from({ length: MAX_SAMPLES + 1 }, (_, index) => quiet(index)))
    expect(kept.at(-1)?.atMs).toBe(MAX_SAMPLES * 250)
    expect(kept.every(({ atMs }, index) => index === 0 || atMs > (kept[index - 1]?.atMs ?? Infinity))).toBe(true)
  })

  test('have no CPU only where no sample of the group had one', () => {
    const samples = Array.from({ length: MAX_SAMPLES * 2 }, (_, index) => ({ atMs: index, cpu: index === 3 ? 0.5 : null, sendLagMaxMs: 0 }))
    expect(thinned(samples).slice(0, 3)).toEqual([
      { atMs: 1, cpu: null, sendLagMaxMs: 0 },
      { atMs: 3, cpu: 0.5, sendLagMaxMs: 0 },
      { atMs: 5, cpu: null, sendLagMaxMs: 0 },
    ])
  })
})
