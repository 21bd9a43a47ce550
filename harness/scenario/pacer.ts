/**
 * When open-loop messages are due. The load is a line over time, in pieces; a process of rate 1 (every 1, or with exponential gaps) is
 * mapped through the inverse of the load's integral, which gives the exact non-homogeneous process (Çınlar's time change). Nothing here
 * knows how the server is doing, and that is the point of an open model.
 */

/** A stretch of time over which the rate changes evenly from one value to another; either may be 0. */
export interface LoadSegment {
  readonly startMs: number
  readonly endMs: number
  readonly fromPerSecond: number
  readonly toPerSecond: number
}

export interface Arrivals {
  /** When each message is due, in ms, ascending. */
  readonly dueMs: Float64Array
  /** Which segment each message is due in. */
  readonly segment: Uint8Array
}

/** Messages that a segment holds on average; whole numbers are met exactly by a constant process. */
export function messagesIn(segment: LoadSegment): number {
  return (((segment.fromPerSecond + segment.toPerSecond) / 2) * (segment.endMs - segment.startMs)) / 1_000
}

/** When `count` messages have become due since the segment's start: 0 gives its start, `messagesIn(segment)` its end. */
export function momentOf(segment: LoadSegment, count: number): number {
  if (count <= 0) return segment.startMs
  const from = segment.fromPerSecond / 1_000
  const growth = (segment.toPerSecond - segment.fromPerSecond) / 1_000 / (segment.endMs - segment.startMs)
  // The root of `from·t + growth·t²/2 = count`, written so that it neither divides by a growth of 0 nor cancels digits near it.
  const root = Math.sqrt(Math.max(0, from * from + 2 * growth * count))
  return Math.min(segment.endMs, segment.startMs + (2 * count) / (from + root))
}

/** Due times of a constant process: message n is due when the load's integral reaches n, so the first is due at once. */
export function constantArrivals(segments: readonly LoadSegment[]): Arrivals {
  let arrived = -1
  return arrivals(segments, () => ++arrived)
}

/** Due times of a Poisson process. `random` gives numbers in [0, 1). */
export function poissonArrivals(segments: readonly LoadSegment[], random: () => number): Arrivals {
  let arrived = 0
  return arrivals(segments, () => (arrived -= Math.log(1 - random())))
}

/** `next` gives the ascending arrivals of a process of rate 1. Segments follow one another without gaps; at most 256. */
function arrivals(segments: readonly LoadSegment[], next: () => number): Arrivals {
  const dueMs = new GrowingFloats(segments.reduce((sum, segment) => sum + messagesIn(segment), 0))
  const counts: number[] = []
  let arrival = next()
  let startCount = 0
  for (const segment of segments) {
    // A millionth of a message is rounding noise; without this, 0.1 + 0.2 messages could make one more or less than 0.3.
    const endCount = Math.round((startCount + messagesIn(segment)) * 1e6) / 1e6
    const before = dueMs.length
    while (arrival < endCount) {
      dueMs.push(momentOf(segment, arrival - startCount))
      arrival = next()
    }
    counts.push(dueMs.length - before)
    startCount = endCount
  }
  return { dueMs: dueMs.toArray(), segment: repeated(counts) }
}

function repeated(counts: readonly number[]): Uint8Array {
  const values = new Uint8Array(counts.reduce((sum, count) => sum + count, 0))
  let start = 0
  counts.forEach((count, value) => {
    values.fill(value, start, start + count)
    start += count
  })
  return values
}

/** How many arrivals a Poisson process has is known only afterwards; room for the mean and a little is nearly always enough. */
class GrowingFloats {
  length = 0
  private values: Float64Array

  constructor(expected: number) {
    this.values = new Float64Array(Math.ceil(expected + 4 * Math.sqrt(expected)) + 16)
  }

  push(value: number): void {
    if (this.length === this.values.length) {
      const larger = new Float64Array(this.values.length * 2)
      larger.set(this.values)
      this.values = larger
    }
    this.values[this.length++] = value
  }

  toArray(): Float64Array {
    return this.values.slice(0, this.length)
  }
}
