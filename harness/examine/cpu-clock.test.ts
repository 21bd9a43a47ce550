import { expect, test } from 'vitest'
import type { RunningCandidate } from '../candidate/running-candidate.ts'
import type { CheckContext } from './check.ts'
import { cpuClock } from './cpu-clock.ts'

/** A server whose threads work one after the other for 100 ms in all, each of them gone when the next one works. */
function clockOf({ forgetsThreads }: { readonly forgetsThreads: boolean }) {
  let nowMs = 0
  const spent = (): number => Math.min(nowMs, 100) / 1000
  const server = {
    sample: () => ({ cpuSeconds: Math.floor(spent() * 100) / 100, threads: 3 }),
    preciseCpuSeconds: () => (forgetsThreads ? 0.001 : spent()),
  } as unknown as RunningCandidate
  const context = {
    nowMs: () => nowMs,
    patience: { pause: async (ms: number) => await Promise.resolve(void (nowMs += ms)) },
  } as unknown as CheckContext
  return { clock: cpuClock(context, server), elapsedMs: () => nowMs }
}

test.each([true, false])('a server is calm only once its threads are, those that have ended included (%s)', async forgetsThreads => {
  const { clock, elapsedMs } = clockOf({ forgetsThreads })
  await clock.calm()
  expect(elapsedMs()).toBe(120)
})

test('a server that never rests is not waited for without end', async () => {
  let nowMs = 0
  const busy = {
    sample: () => ({ cpuSeconds: nowMs / 1000, threads: 1 }),
    preciseCpuSeconds: () => nowMs / 1000,
  } as unknown as RunningCandidate
  const context = {
    nowMs: () => nowMs,
    patience: { pause: async (ms: number) => await Promise.resolve(void (nowMs += ms)) },
  } as unknown as CheckContext
  await cpuClock(context, busy).calm()
  expect(nowMs).toBe(1500)
})
