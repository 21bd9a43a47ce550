/** Does a server keep what is sent to readers who have stopped? Judged by how much of each further byte stays, never by how much there is. */
import { slopeInterval, theilSen } from './theil-sen.ts'

/** Kept for good: no bounded queue keeps so much of every byte once it is full. */
const KEPT_SHARE = 0.3
/** Of what is sent, collectors and allocators make this much come and go. */
const SETTLED_SHARE = 0.12
const CONFIDENCE = 0.99
const RESAMPLES = 200
/** More points say no more, and every pair of them counts. */
const MOST_POINTS = 40

export interface MemorySample {
  /** Sent to stopped readers so far, each message counted once, however many of them should get it. */
  readonly sentBytes: number
  readonly rssBytes: number
}

export interface MemoryTrend {
  readonly trend: 'settled' | 'grows' | 'unclear'
  /** Bytes of memory more for each byte more that was sent, and the bounds of its 99 % interval. */
  readonly keptShare: number
  readonly keptShareLow: number
  readonly keptShareHigh: number
}

/** `null` for fewer than two different amounts. */
export function judgeMemory(samples: readonly MemorySample[], below: (limit: number) => number): MemoryTrend | null {
  const step = Math.max(1, Math.ceil(samples.length / MOST_POINTS))
  const points = samples.filter((_, place) => place % step === 0).map(({ sentBytes, rssBytes }) => ({ x: sentBytes, y: rssBytes }))
  const line = theilSen(points)
  const interval = slopeInterval(points, { resamples: RESAMPLES, confidence: CONFIDENCE, below })
  if (line === null || interval === null) return null
  const shares = { keptShare: line.slope, keptShareLow: interval.low, keptShareHigh: interval.high }
  if (interval.low > KEPT_SHARE) return { trend: 'grows', ...shares }
  return { trend: line.slope < SETTLED_SHARE ? 'settled' : 'unclear', ...shares }
}

/** From the first sample to the last one: bytes of memory more for each byte more that was sent; 0 where nothing was. */
export function shareKept(samples: readonly MemorySample[]): number {
  const [first, last] = [samples[0], samples.at(-1)]
  if (first === undefined || last === undefined || last.sentBytes <= first.sentBytes) return 0
  return (last.rssBytes - first.rssBytes) / (last.sentBytes - first.sentBytes)
}
