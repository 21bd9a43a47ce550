import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { RunningCandidate } from '../candidate/running-candidate.ts'
import { createPatience, StuckError } from './patience.ts'

/** Alive, and at no CPU at all. */
const IDLE = {
  hasExited: () => null,
  sample: () => ({ cpuSeconds: 1, rssBytes: 0, fds: 0, threads: 1 }),
} as unknown as RunningCandidate

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'performance'] }))
afterEach(() => void vi.useRealTimers())

/** How waiting ends for something that is done after so long; `stepMs`: how often there is some progress. */
async function endOf(doneMs: number, stepMs?: number): Promise<string> {
  const now = (): number => performance.now()
  const startMs = now()
  const patience = createPatience(now, Infinity, new AbortController().signal)
  const progress = stepMs === undefined ? undefined : () => Math.floor((now() - startMs) / stepMs)
  const waited = patience
    .until(() => now() - startMs >= doneMs, 'Expected an answer', IDLE, progress)
    .then(
      () => 'done',
      (error: unknown) => (error instanceof StuckError ? error.message : String(error)),
    )
  await vi.advanceTimersByTimeAsync(60_000)
  return await waited
}

test('an idle server that does nothing for ten seconds is stuck', async () => {
  expect(await endOf(9000)).toBe('done')
  expect(await endOf(20_000)).toMatch(/^Expected an answer within 10 s/)
})

test('one that gets on, however slowly, is not', async () => {
  expect(await endOf(50_000, 4000)).toBe('done')
  expect(await endOf(50_000, 15_000)).toMatch(/^Expected an answer within 10 s/)
})
