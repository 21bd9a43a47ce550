import { expect, test } from 'vitest'
import type { MemorySample } from '../../judge/memory-trend.ts'
import { createRandom } from '../../scenario/seeded-random.ts'
import { judgeOverwriting, type MemoryVerdict } from './settled-memory.ts'

const MIB = 1024 * 1024
const BATCH_MIB = 5

/** What is said first that is not to go on, after each batch was written in so many ms. `heldMib`: the memory once so many MiB were written. */
function verdictOf(heldMib: (sentMib: number) => number, batchMs: number): MemoryVerdict & { readonly sentMib: number } {
  const random = createRandom(7, 'memory')
  const samples: MemorySample[] = []
  for (let sentMib = BATCH_MIB; sentMib < 5000; sentMib += BATCH_MIB) {
    const noiseMib = random.below(12)
    samples.push({ sentBytes: sentMib * MIB, rssBytes: (heldMib(sentMib) + noiseMib) * MIB })
    const found = judgeOverwriting(samples, (sentMib / BATCH_MIB) * batchMs, limit => random.below(limit))
    if (found.verdict !== 'go on') return { ...found, sentMib }
  }
  throw new Error('Expected a verdict.')
}

/** A heap that takes 0.8 bytes of each until it is as large as it likes to be. */
const collected = (sentMib: number): number => 120 + Math.min(190, 0.8 * sentMib)
const queued = (sentMib: number): number => 120 + 1.4 * sentMib

test('memory that stays as it is has settled as soon as enough was written', () => {
  expect(verdictOf(() => 60, 100)).toMatchObject({ verdict: 'settled', sentMib: 200 })
})

test('a heap that is not yet as large as it likes to be is watched on, also on a slow machine', () => {
  expect(verdictOf(collected, 400)).toMatchObject({ verdict: 'settled' })
  expect(verdictOf(collected, 3500)).toMatchObject({ verdict: 'settled' })
})

test('a store that hardly takes a write is given up in time', () => {
  const found = verdictOf(() => 60, 160_000)
  expect(found).toEqual({ verdict: 'unclear', keptShare: null, sentMib: 10 })
})

test('a queue without an end grows', () => {
  const found = verdictOf(queued, 400)
  expect(found.verdict).toBe('grows')
  expect(found.keptShare).toBeCloseTo(1.4, 1)
})

test('a machine that is too slow to write enough leaves it open', () => {
  expect(verdictOf(queued, 7000)).toMatchObject({ verdict: 'unclear', sentMib: 215 })
})
