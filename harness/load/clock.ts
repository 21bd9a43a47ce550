/**
 * One monotonic clock for all workers of this machine: microseconds on the system's monotonic clock, read through the cheap
 * `performance.now()` of each thread (whose zero differs from thread to thread).
 */
export interface MonotonicClock {
  nowUs(): number
}

export function createMonotonicClock(): MonotonicClock {
  const offsetUs = measureOffsetUs()
  return { nowUs: () => performance.now() * 1000 + offsetUs }
}

/** A thread that is put aside between two readings would be off by that long, and would take another's messages for older or newer. */
const OFFSET_TRIES = 50
function measureOffsetUs(): number {
  let offsetUs = 0
  let narrowestMs = Infinity
  for (let i = 0; i < OFFSET_TRIES; i++) {
    const beforeMs = performance.now()
    const systemUs = Number(process.hrtime.bigint()) / 1000
    const afterMs = performance.now()
    if (afterMs - beforeMs >= narrowestMs) continue
    narrowestMs = afterMs - beforeMs
    offsetUs = systemUs - ((beforeMs + afterMs) / 2) * 1000
  }
  return offsetUs
}
