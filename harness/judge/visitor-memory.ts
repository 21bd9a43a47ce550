/**
 * Do members who left keep memory? Never judged by a level: allocators keep what was freed, and a heap grows to its size. Whoever still gains as
 * much with every visitor is looked at again, and between two looks messages are sent until a collector has had its turn, since what nobody has
 * collected yet is not kept. Pure.
 */
import { theilSen } from './theil-sen.ts'

/** Heaps and arenas make this much come and go. */
const LEAST_GROWN_BYTES = 16 * 1024 * 1024
const LEAST_LEVEL_BYTES = 24 * 1024 * 1024
/** What goes on growing without end does not grow ever more slowly. */
const SAME_SLOPE_SHARE = 0.5
/** Of what passed through in messages, a collector that is at work leaves less than this as further growth. */
const COLLECTED_SHARE = 0.05

export interface VisitSample {
  readonly visitors: number
  readonly rssBytes: number
}

/** Whether memory still grew with every visitor of the second half: the first is the warm-up. */
export function stillGrows(samples: readonly VisitSample[], leastEachBytes: number): boolean {
  const all = samples.at(-1)?.visitors ?? 0
  const half = samples.filter(({ visitors }) => visitors >= all / 2)
  const [first, last] = [half[0], half.at(-1)]
  if (first === undefined || last === undefined || last.rssBytes - first.rssBytes < LEAST_GROWN_BYTES) return false
  const line = theilSen(half.map(({ visitors, rssBytes }) => ({ x: visitors, y: rssBytes })))
  return line !== null && line.slope >= leastEachBytes
}

/** Whether a collector has had its turn: so many bytes more of messages have added almost nothing. */
export function isCollected(grownBytes: number, sentBytes: number): boolean {
  return grownBytes <= sentBytes * COLLECTED_SHARE
}

/** Of levels that were each taken after a collector's turn: whether every further look has gained, and as much a visitor as the first one did. */
export function goesOnGrowing(levels: readonly VisitSample[], leastEachBytes: number): boolean {
  const gains = levels.slice(1).map((level, place) => {
    const before = levels[place] ?? level
    const bytes = level.rssBytes - before.rssBytes
    return { bytes, each: bytes / Math.max(1, level.visitors - before.visitors) }
  })
  const leastEach = Math.max(leastEachBytes, (gains[0]?.each ?? 0) * SAME_SLOPE_SHARE)
  return gains.length > 0 && gains.every(({ bytes, each }) => bytes >= LEAST_LEVEL_BYTES && each >= leastEach)
}
