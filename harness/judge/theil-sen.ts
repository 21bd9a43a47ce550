/**
 * A line through points that a few wild ones cannot bend: its slope is the median of the slopes between all pairs (Theil 1950, Sen 1968), and
 * how sure it is comes from drawing the same points again at random (the bootstrap, Efron 1979).
 */
export interface Point {
  readonly x: number
  readonly y: number
}

export interface Line {
  readonly slope: number
  readonly intercept: number
}

export interface Interval {
  readonly low: number
  readonly high: number
}

export interface LineOptions {
  /**
   * Only points so far apart in x are compared; default: any two at different x. Where a few x are measured again and again, the slope between near
   * ones is mostly noise, and would make the line as unsure as them.
   */
  readonly apart?: number
}

export interface BootstrapOptions extends LineOptions {
  /** How often the points are drawn again. */
  readonly resamples: number
  /** Share of the redrawn slopes inside the interval, 0 to 1. */
  readonly confidence: number
  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number
}

/** `null` when no two points are far enough apart. */
export function theilSen(points: readonly Point[], { apart = 0 }: LineOptions = {}): Line | null {
  const slopes: number[] = []
  for (const [at, first] of points.entries()) {
    for (let other = at + 1; other < points.length; other++) {
      const second = points[other]
      if (second === undefined || second.x === first.x || Math.abs(second.x - first.x) < apart) continue
      slopes.push((second.y - first.y) / (second.x - first.x))
    }
  }
  if (slopes.length === 0) return null
  const slope = median(slopes)
  return { slope, intercept: median(points.map(point => point.y - slope * point.x)) }
}

/** Where the slope lies, or `null` when no line can be drawn. */
export function slopeInterval(points: readonly Point[], options: BootstrapOptions): Interval | null {
  const groups = groupsOf(points)
  const slopes: number[] = []
  for (let round = 0; round < options.resamples; round++) {
    const drawn = points.flatMap((_, place) => {
      const group = groups[place] ?? points
      return group[options.below(group.length)] ?? []
    })
    const line = theilSen(drawn, options)
    if (line !== null) slopes.push(line.slope)
  }
  if (slopes.length === 0) return null
  slopes.sort((a, b) => a - b)
  const outside = (1 - options.confidence) / 2
  const at = (share: number): number => slopes[Math.min(slopes.length - 1, Math.floor(slopes.length * share))] ?? 0
  return { low: at(outside), high: at(1 - outside) }
}

/**
 * From which points each is drawn again: those at the same x where x was chosen and measured several times, so that no draw loses one; else
 * all of them.
 */
function groupsOf(points: readonly Point[]): (readonly Point[])[] {
  const isRepeated = points.every(({ x }) => points.filter(other => other.x === x).length > 1)
  return points.map(({ x }) => (isRepeated ? points.filter(other => other.x === x) : points))
}

/** 0 for no values. */
export function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort()
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? 0
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2
}
