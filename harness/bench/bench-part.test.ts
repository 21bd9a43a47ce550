import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { hasRound, inShares, type BenchContext } from './bench-part.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
afterEach(() => void vi.useRealTimers())

function contextOf(minutes: number, rounds = 5, signal = new AbortController().signal): BenchContext {
  return { rounds, signal, endMs: performance.now() + minutes * 60_000, say: () => undefined }
}

function roundsOf(context: BenchContext, most?: number): number[] {
  return Array.from({ length: 10 }, (_, round) => round).filter(round => hasRound(context, round, most))
}

test('a comparison takes its rounds while there is time, and one at least', () => {
  expect(roundsOf(contextOf(1))).toEqual([0, 1, 2, 3, 4])
  expect(roundsOf(contextOf(1), 3)).toEqual([0, 1, 2])
  expect(roundsOf(contextOf(-1))).toEqual([0])
  const hurried = contextOf(1)
  const taken = [0, 1, 2, 3].filter(round => {
    const isTaken = hasRound(hurried, round)
    vi.advanceTimersByTime(40_000)
    return isTaken
  })
  expect(taken).toEqual([0, 1])
})

test('no round begins once it was ended', () => {
  expect(roundsOf(contextOf(1, 5, AbortSignal.abort()))).toEqual([])
  expect([...inShares(contextOf(1, 5, AbortSignal.abort()), [1])]).toEqual([])
})

test('time is shared by weight, and what one leaves over is for those after it', () => {
  const shares: number[] = []
  for (const [takes, { endMs }] of inShares(contextOf(8), [6, 0, 1], takes => (takes === 6 ? 6 : 1))) {
    shares.push((endMs - performance.now()) / 60_000)
    vi.advanceTimersByTime(takes * 60_000)
  }
  expect(shares).toEqual([6, 1, 2])
})

test('who overruns leaves the others one round each', () => {
  const ends: number[] = []
  for (const [, share] of inShares(contextOf(1), [1, 2])) {
    ends.push(share.endMs - performance.now())
    vi.advanceTimersByTime(120_000)
    expect(roundsOf(share)).toEqual([0])
  }
  expect(ends).toEqual([30_000, 0])
})
