/**
 * Latency over time, coarse enough to keep for hours: per second in which a message was due, counts in eight buckets an octave, the exact
 * maximum, and how much was sent. The exact percentiles come from the HDR histograms; this draws the heat map.
 */
export const GRID_INTERVAL_MS = 1000
const INTERVAL_US = GRID_INTERVAL_MS * 1000
const BUCKETS_PER_OCTAVE_BITS = 3
const BUCKETS_PER_OCTAVE = 1 << BUCKETS_PER_OCTAVE_BITS
/** The octaves below eight microseconds share one row of buckets, a microsecond each. */
const OCTAVES_SHARED = BUCKETS_PER_OCTAVE_BITS - 1
export const GRID_BUCKETS = (31 - OCTAVES_SHARED) * BUCKETS_PER_OCTAVE

export class LatencyGrid {
  readonly rows: number
  readonly counts: Uint32Array
  readonly maxUs: Float64Array

  constructor(scheduleMs: number) {
    this.rows = Math.max(1, Math.ceil(scheduleMs / GRID_INTERVAL_MS))
    this.counts = new Uint32Array(this.rows * GRID_BUCKETS)
    this.maxUs = new Float64Array(this.rows)
  }

  record(dueUs: number, latencyUs: number): void {
    const row = (dueUs / INTERVAL_US) | 0
    if (row >= this.rows || row < 0) return
    const index = row * GRID_BUCKETS + bucketOf(latencyUs)
    this.counts[index] = (this.counts[index] ?? 0) + 1
    if (latencyUs > (this.maxUs[row] ?? 0)) this.maxUs[row] = latencyUs
  }

  /** Adds what another worker counted in the same plan. */
  add(counts: Uint32Array, maxUs: Float64Array): void {
    for (let i = 0; i < counts.length; i++) if (counts[i]) this.counts[i] = (this.counts[i] ?? 0) + (counts[i] ?? 0)
    for (let i = 0; i < maxUs.length; i++) this.maxUs[i] = Math.max(this.maxUs[i] ?? 0, maxUs[i] ?? 0)
  }

  /** The latency in ms below which `share` (0 to 1) of a row's deliveries stayed, to the upper edge of its bucket and never above the row's maximum. */
  percentileMs(row: number, share: number): number {
    const wanted = Math.ceil(this.countIn(row) * share)
    if (wanted === 0) return 0
    let seen = 0
    for (let bucket = 0; bucket < GRID_BUCKETS; bucket++) {
      seen += this.counts[row * GRID_BUCKETS + bucket] ?? 0
      if (seen >= wanted) return Math.min(bucketEdgeMs(bucket), this.maxMs(row))
    }
    return this.maxMs(row)
  }

  maxMs(row: number): number {
    return (this.maxUs[row] ?? 0) / 1000
  }

  countIn(row: number): number {
    let total = 0
    for (let bucket = 0; bucket < GRID_BUCKETS; bucket++) total += this.counts[row * GRID_BUCKETS + bucket] ?? 0
    return total
  }

  /** [bucket, count] pairs of a row, zero counts left out. */
  heat(row: number): [number, number][] {
    const pairs: [number, number][] = []
    for (let bucket = 0; bucket < GRID_BUCKETS; bucket++) {
      const count = this.counts[row * GRID_BUCKETS + bucket] ?? 0
      if (count > 0) pairs.push([bucket, count])
    }
    return pairs
  }
}

/** Upper edge of a bucket in ms. */
export function bucketEdgeMs(bucket: number): number {
  if (bucket < BUCKETS_PER_OCTAVE) return (bucket + 1) / 1000
  const octave = (bucket >>> BUCKETS_PER_OCTAVE_BITS) + OCTAVES_SHARED
  const part = bucket & (BUCKETS_PER_OCTAVE - 1)
  return (2 ** octave * (1 + (part + 1) / BUCKETS_PER_OCTAVE)) / 1000
}

function bucketOf(latencyUs: number): number {
  const whole = latencyUs > 0x7fffffff ? 0x7fffffff : latencyUs | 0
  const octave = 31 - Math.clz32(whole | 1)
  if (octave < BUCKETS_PER_OCTAVE_BITS) return whole
  return (
    ((octave - OCTAVES_SHARED) << BUCKETS_PER_OCTAVE_BITS) | ((whole >>> (octave - BUCKETS_PER_OCTAVE_BITS)) & (BUCKETS_PER_OCTAVE - 1))
  )
}
