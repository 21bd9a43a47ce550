import { describe, expect, it } from 'vitest'
import { ACTIVITY_BIN_MS } from './generator-watch.ts'
import { findStalls as findStallsUntil, type Journey } from './stalls.ts'

const END_MS = 4000
const BINS = END_MS / ACTIVITY_BIN_MS

describe('stalls', () => {
  it('are stretches without a read while several messages were under way', () => {
    const { reads, alive } = activity([[1000, 2000]])
    expect(
      findStalls(
        reads,
        alive,
        every(50, atMs => (atMs >= 1000 && atMs < 2000 ? 2010 : atMs + 5)),
        END_MS,
      ),
    ).toEqual([{ atMs: 1000, durationMs: 1000, waitingMessages: 20, recovered: true }])
  })

  it('are none where nothing was under way, nor where it was only a little', () => {
    const { reads, alive } = activity([[1000, 2000]])
    expect(
      findStalls(
        reads,
        alive,
        every(50, atMs => (atMs >= 900 && atMs < 2000 ? -1 : atMs + 5)),
        END_MS,
      ),
    ).toEqual([])
    expect(findStalls(reads, alive, [{ callMs: 1001, lastMs: 2001, readMs: 2001 }], END_MS)).toEqual([])
  })

  it('are none where only the end of a silence had messages under way', () => {
    const { reads, alive } = activity([[1000, 2000]])
    expect(
      findStalls(
        reads,
        alive,
        every(10, atMs => (atMs >= 1600 && atMs < 2000 ? 2010 : atMs < 1000 || atMs >= 2000 ? atMs + 5 : -1)),
        END_MS,
      ),
    ).toEqual([])
  })

  it('are none where the generator itself stood still', () => {
    const { reads } = activity([[1000, 2000]])
    const { reads: alive } = activity([[1000, 1900]])
    expect(
      findStalls(
        reads,
        Uint8Array.from(alive),
        every(50, atMs => (atMs >= 1000 && atMs < 2000 ? 2010 : atMs + 5)),
        END_MS,
      ),
    ).toEqual([])
  })

  it('are found though each of several workers missed a few bins, at different moments', () => {
    const { reads } = activity([[1000, 2000]])
    const workers = [0, 1, 2].map(worker => Uint8Array.from(reads, (_, bin) => (bin % 3 === worker ? 0 : 1)))
    const journeys = every(50, atMs => (atMs >= 1000 && atMs < 2000 ? 2010 : atMs + 5))
    expect(findStallsUntil(reads, workers, journeys, END_MS, END_MS)).toMatchObject([{ atMs: 1000, durationMs: 1000 }])
  })

  it('are none where the last messages came to all but a few, and nothing is sent any more', () => {
    const { reads, alive } = activity([[3000, END_MS]])
    // Sent and read just before the silence.
    const fresh = Array.from({ length: 20 }, () => ({ callMs: 2985, lastMs: Infinity, readMs: 2995 }))
    expect(findStalls(reads, alive, fresh, END_MS)).toEqual([])
    expect(
      findStalls(
        reads,
        alive,
        fresh.map(journey => ({ ...journey, readMs: NaN })),
        END_MS,
      ),
    ).toHaveLength(1)
  })

  it('last to the end where a server never comes back', () => {
    const { reads, alive } = activity([[3000, END_MS]])
    const journeys = every(50, atMs => (atMs >= 3000 ? Infinity : atMs + 5))
    expect(findStalls(reads, alive, journeys, END_MS)).toMatchObject([{ atMs: 3000, durationMs: 1000, recovered: false }])
  })

  it('that outlast the bins are over where something was read later, and else last to the end of the run', () => {
    const { reads, alive } = activity([[3000, END_MS]])
    const journeys = every(50, atMs => (atMs >= 3000 ? 70_000 : atMs + 5))
    expect(findStallsUntil(reads, [alive], journeys, 75_000, 70_000)).toMatchObject([{ atMs: 3000, durationMs: 1000, recovered: true }])
    const never = every(50, atMs => (atMs >= 3000 ? Infinity : atMs + 5))
    expect(findStallsUntil(reads, [alive], never, 75_000, 2990)).toMatchObject([{ atMs: 3000, durationMs: 72_000, recovered: false }])
  })

  it('do not count the time before the first delivery', () => {
    const { reads, alive } = activity([[0, 1500]])
    expect(
      findStalls(
        reads,
        alive,
        every(50, atMs => Math.max(1510, atMs + 5)),
        END_MS,
      ),
    ).toEqual([])
  })
})

function findStalls(
  reads: Uint32Array,
  alive: Uint8Array,
  journeys: readonly Journey[],
  endMs: number,
): ReturnType<typeof findStallsUntil> {
  const lastBin = reads.findLastIndex(count => count > 0)
  return findStallsUntil(reads, [alive], journeys, endMs, lastBin * ACTIVITY_BIN_MS)
}

function activity(silences: readonly (readonly [number, number])[]): { reads: Uint32Array; alive: Uint8Array } {
  const reads = new Uint32Array(BINS).fill(3)
  for (const [fromMs, toMs] of silences) reads.fill(0, fromMs / ACTIVITY_BIN_MS, toMs / ACTIVITY_BIN_MS)
  return { reads, alive: new Uint8Array(BINS).fill(1) }
}

/** A message every so often; `lastMs` below 0 leaves one out. */
function every(stepMs: number, lastMs: (callMs: number) => number): Journey[] {
  return Array.from({ length: END_MS / stepMs }, (_, i) => ({ callMs: i * stepMs, lastMs: lastMs(i * stepMs) }))
    .filter(journey => journey.lastMs >= 0)
    .map(journey => ({ ...journey, readMs: journey.lastMs === Infinity ? NaN : journey.lastMs }))
}
