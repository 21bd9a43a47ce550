/** The CPU time that a server spends on something, however its threads come and go. */
import type { RunningCandidate } from '../candidate/running-candidate.ts'
import type { CheckContext } from './check.ts'

const LOOK_MS = 20
/** Below this share of a core between two looks a server counts as calm. */
const CALM_SHARE = 0.1
/** Collectors and compilers may go on for longer; then what they take is noise that the repetitions have to bear. */
const MAX_CALM_MS = 1500

export interface CpuClock {
  /** Waits until the server does nothing more, at most 1.5 s. */
  calm(): Promise<void>
  /** Seconds of CPU while `work` runs; `null` where it cannot be known. */
  during(work: () => Promise<void>): Promise<number | null>
}

export function cpuClock(context: CheckContext, server: RunningCandidate): CpuClock {
  return {
    calm: async () => {
      let before = look(server)
      for (let waitedMs = 0; waitedMs < MAX_CALM_MS; waitedMs += LOOK_MS) {
        const fromMs = context.nowMs()
        await context.patience.pause(LOOK_MS, server)
        const now = look(server)
        if (isCalm(before, now, context.nowMs() - fromMs)) return
        before = now
      }
    },
    during: async work => {
      const before = look(server)
      await work()
      const after = look(server)
      if (before === null || after === null) return null
      // The fine clock forgets threads that ended meanwhile; the kernel's ticks of 10 ms do not.
      const isCoarse = after.threads !== before.threads
      return Math.max(0, isCoarse ? after.tickSeconds - before.tickSeconds : after.preciseSeconds - before.preciseSeconds)
    },
  }
}

interface Look {
  /** Of the threads that there are. */
  readonly preciseSeconds: number
  /** Of all that there ever were, in steps of the kernel's tick. */
  readonly tickSeconds: number
  readonly threads: number
}

/** A thread that has worked and ended is only in the ticks: without them, one thread after the other could work and the server seem to rest. */
function isCalm(before: Look | null, now: Look | null, ms: number): boolean {
  if (before === null || now === null) return true
  const mostSeconds = (ms / 1000) * CALM_SHARE
  return Math.abs(now.preciseSeconds - before.preciseSeconds) < mostSeconds && now.tickSeconds - before.tickSeconds < mostSeconds
}

function look(server: RunningCandidate): Look | null {
  const sample = server.sample()
  const preciseSeconds = server.preciseCpuSeconds()
  return sample === null || preciseSeconds === null ? null : { preciseSeconds, tickSeconds: sample.cpuSeconds, threads: sample.threads }
}
