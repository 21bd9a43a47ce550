/** Whether memory stays bounded while the same keys are overwritten; and when that can be told. */
import { judgeMemory, type MemorySample } from '../../judge/memory-trend.ts'

const MIB = 1024 * 1024
/** By the contract, in all. */
const OVERWRITTEN_BYTES = 200 * MIB
/** A collector may let a heap grow for longer than that: memory that has not settled is watched until so much, or so long. */
const MOST_BYTES = 600 * MIB
export const LONGEST_MS = 300_000
/** The data themselves and what an allocator takes at first say nothing about the trend. */
const WARM_UP_BYTES = 40 * MIB
/** The trend is that of the later samples. */
const LATER_SHARE = 0.6

export interface MemoryVerdict {
  /** `unclear`: there was no time to write as much as it takes to tell a heap that is still growing from one that never ends. */
  readonly verdict: 'go on' | 'settled' | 'grows' | 'unclear'
  /** Of each byte that was written, how much stayed; `null` before there is a trend. */
  readonly keptShare: number | null
}

/** `samples`: all so far, in order. `below`: a seeded die. */
export function judgeOverwriting(samples: readonly MemorySample[], tookMs: number, below: (limit: number) => number): MemoryVerdict {
  const sentBytes = samples.at(-1)?.sentBytes ?? 0
  if (sentBytes < OVERWRITTEN_BYTES) return { verdict: tookMs < LONGEST_MS ? 'go on' : 'unclear', keptShare: null }
  const warm = samples.filter(sample => sample.sentBytes >= WARM_UP_BYTES)
  const trend = judgeMemory(warm.slice(-Math.ceil(warm.length * LATER_SHARE)), below)
  const keptShare = trend?.keptShare ?? null
  if (trend?.trend === 'settled') return { verdict: 'settled', keptShare }
  if (sentBytes < MOST_BYTES) return { verdict: tookMs < LONGEST_MS ? 'go on' : 'unclear', keptShare }
  return { verdict: trend?.trend === 'grows' ? 'grows' : 'unclear', keptShare }
}
