import { describe, expect, it } from 'vitest'
import { awaitQuiet, type Quiet } from './quiet.ts'

interface World {
  /** What is missing, how long nothing was read, and the server's CPU, at a moment after the start. */
  readonly missing: (atMs: number) => number
  readonly silentMs?: (atMs: number) => number
  readonly cpu?: (atMs: number) => number
}

describe('waiting for quiet', () => {
  it('is over as soon as everything has come', async () => {
    const quiet = await waited({ missing: atMs => (atMs < 700 ? 3 : 0) })
    expect(quiet).toEqual({ isQuiet: true, waitedMs: 700 })
  })

  it('calls nothing lost before five silent seconds, however short the drain', async () => {
    const quiet = await waited({ missing: () => 1 }, 100)
    expect(quiet.isQuiet).toBe(true)
    expect(quiet.waitedMs).toBeGreaterThanOrEqual(5000)
  })

  it('counts silence from the last delivery on', async () => {
    const quiet = await waited({ missing: () => 1, silentMs: atMs => (atMs < 4000 ? 0 : atMs - 4000) })
    expect(quiet.waitedMs).toBeGreaterThanOrEqual(9000)
  })

  it('does not take silence from before it began to wait', async () => {
    const quiet = await waited({ missing: () => 1, silentMs: atMs => atMs + 60_000 })
    expect(quiet.waitedMs).toBeGreaterThanOrEqual(5000)
  })

  it('gives a busy server thirty seconds', async () => {
    const busy = await waited({ missing: () => 1, cpu: () => 1 }, 1000)
    expect(busy.isQuiet).toBe(true)
    expect(busy.waitedMs).toBeGreaterThanOrEqual(30_000)
    const calmed = await waited({ missing: () => 1, cpu: atMs => (atMs < 8000 ? 1 : 0) })
    expect(calmed.waitedMs).toBeLessThan(10_000)
  })

  it('is not quiet while things still come when its time is over', async () => {
    const quiet = await waited({ missing: () => 1, silentMs: () => 10 }, 40_000)
    expect(quiet).toEqual({ isQuiet: false, waitedMs: 40_000 })
  })
})

async function waited({ missing, silentMs = atMs => atMs, cpu = () => 0 }: World, drainMs = 30_000): Promise<Quiet> {
  let atMs = 0
  return await awaitQuiet(
    {
      missing: () => missing(atMs),
      silentMs: () => silentMs(atMs),
      serverCpu: () => cpu(atMs),
      sleep(ms) {
        atMs += ms
        return Promise.resolve()
      },
    },
    drainMs,
  )
}
