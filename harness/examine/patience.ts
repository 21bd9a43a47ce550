/**
 * How long to wait for a server, and when to call it stuck. Waiting is counted in ticks of bounded length, so that a pause of this process
 * is never taken for a server's silence.
 */
import type { RunningCandidate } from '../candidate/running-candidate.ts'

export const STUCK_IDLE_MS = 10_000
const STUCK_BUSY_MS = 30_000
const STUCK_CPU_SHARE = 0.05
/** A tick counts for at most this much, however long this process slept. */
const LONGEST_TICK_MS = 100
const POLL_MS = 20
const CPU_SAMPLE_MS = 500
/** This process busier than that over a wait of 30 s: whether the server was stuck cannot be told. */
const SATURATED_SHARE = 0.9

/** A request had no effect for so long that it is taken for a deadlock, or for a spinning corrupted structure. */
export class StuckError extends Error {
  override readonly name = 'StuckError'
}

/** A delivery is surely lost; the history shows which. */
export class LossError extends Error {
  override readonly name = 'LossError'
}

/** The server's first process ended while a check was at work. */
export class ServerGoneError extends Error {
  override readonly name = 'ServerGoneError'
}

/** The check's time is used up, or the harness itself was too busy to tell. */
export class UndecidedError extends Error {
  override readonly name = 'UndecidedError'
}

export interface Patience {
  /**
   * Waits until `isDone`; `what` completes the sentence "… within 10 s", counted from when `progress` last changed.
   * @throws StuckError, ServerGoneError or UndecidedError.
   */
  until(isDone: () => boolean, what: string, server: RunningCandidate, progress?: () => number): Promise<void>
  /** Waits until `isDone`, at most so long; false when it is not. Never calls anything stuck. */
  within(timeoutMs: number, isDone: () => boolean, server: RunningCandidate): Promise<boolean>
  pause(ms: number, server?: RunningCandidate): Promise<void>
  /** Something was read: whoever waits looks again at once. */
  wake(): void
}

/** `stuckIdleMs` may be shorter than the contract's 10 s only where no verdict hangs on it: while a control is measured. */
export function createPatience(now: () => number, deadlineMs: number, signal: AbortSignal, stuckIdleMs = STUCK_IDLE_MS): Patience {
  const waiting = new Set<() => void>()
  const nap = async (ms: number): Promise<void> => {
    await new Promise<void>(resolve => {
      const done = (): void => {
        clearTimeout(timer)
        waiting.delete(done)
        // Let all that came in with the same turn of the loop be taken in before anyone looks.
        setImmediate(resolve)
      }
      const timer = setTimeout(done, ms)
      waiting.add(done)
    })
  }
  const look = (server: RunningCandidate | undefined): void => {
    signal.throwIfAborted()
    const exit = server?.hasExited() ?? null
    if (exit !== null) throw new ServerGoneError(exit.explanation)
    if (now() > deadlineMs) throw new UndecidedError('The check took longer than its time allows.')
  }
  const poll = async (
    limitMs: number,
    isDone: () => boolean,
    server: RunningCandidate | undefined,
    /** Its true says that the wait begins anew. */
    eachTick?: (waitedMs: number) => boolean,
  ) => {
    let waitedMs = 0
    for (let lastMs = now(); !isDone();) {
      look(server)
      if (waitedMs >= limitMs) return false
      await nap(Math.min(POLL_MS, limitMs - waitedMs))
      const atMs = now()
      waitedMs += Math.min(LONGEST_TICK_MS, atMs - lastMs)
      lastMs = atMs
      if (eachTick?.(waitedMs) === true) waitedMs = 0
    }
    return true
  }
  return {
    until: async (isDone, what, server, progress = () => 0) => {
      const cpu = watchCpu(server, now)
      const ownCpu = watchOwnCpu(now)
      let stuckAfterMs = 0
      let reached = progress()
      await poll(
        STUCK_BUSY_MS,
        () => isDone() || stuckAfterMs > 0,
        server,
        waitedMs => {
          cpu.sample()
          const before = reached
          reached = progress()
          if (reached !== before) return true
          if (waitedMs >= stuckIdleMs && cpu.shareOverLast(stuckIdleMs) < STUCK_CPU_SHARE) stuckAfterMs = waitedMs
          return false
        },
      )
      if (isDone()) return
      if (stuckAfterMs === 0 && ownCpu() > SATURATED_SHARE) throw new UndecidedError('generator saturated')
      throw new StuckError(`${what} within ${Math.round((stuckAfterMs || STUCK_BUSY_MS) / 1000)} s${cpu.describe(stuckIdleMs)}.`)
    },
    within: (timeoutMs, isDone, server) => poll(timeoutMs, isDone, server),
    pause: async (ms, server) => {
      const endMs = now() + ms
      await poll(ms * 2 + LONGEST_TICK_MS, () => now() >= endMs, server)
    },
    wake: () => {
      for (const done of waiting) done()
    },
  }
}

interface CpuWatch {
  sample(): void
  /** Share of one core; infinite where it is not known for that long. */
  shareOverLast(ms: number): number
  describe(ms: number): string
}

export function watchCpu(server: RunningCandidate, now: () => number): CpuWatch {
  const samples: { atMs: number; cpuSeconds: number }[] = []
  const sample = (): void => {
    const atMs = now()
    if (atMs - (samples.at(-1)?.atMs ?? -Infinity) < CPU_SAMPLE_MS) return
    const cpuSeconds = server.sample()?.cpuSeconds
    if (cpuSeconds !== undefined) samples.push({ atMs, cpuSeconds })
  }
  const shareOverLast = (ms: number): number => {
    const last = samples.at(-1)
    const first = samples.findLast(one => one.atMs <= (last?.atMs ?? 0) - ms * 0.9)
    if (last === undefined || first === undefined) return Infinity
    return ((last.cpuSeconds - first.cpuSeconds) * 1000) / (last.atMs - first.atMs)
  }
  sample()
  const describe = (ms: number): string => {
    const share = shareOverLast(ms)
    return share === Infinity ? '' : `, with the server's CPU at ${(share * 100).toFixed(0)} %`
  }
  return { sample, shareOverLast, describe }
}

function watchOwnCpu(now: () => number): () => number {
  const before = process.cpuUsage()
  const startMs = now()
  return () => {
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1000 / Math.max(1, now() - startMs)
  }
}
