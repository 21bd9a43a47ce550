/**
 * One monotonic clock for all workers of this machine: microseconds on the system's monotonic clock, read through the cheap
 * `performance.now()` of each thread (whose zero differs from thread to thread).
 */
export interface MonotonicClock {
  nowUs(): number
}

export function createMonotonicClock(): MonotonicClock {
  const offsetUs = Number(process.hrtime.bigint() / 1000n) - performance.now() * 1000
  return { nowUs: () => performance.now() * 1000 + offsetUs }
}
