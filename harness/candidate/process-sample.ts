import { countDescriptors, threadCpuNanoseconds, type ProcessStat } from './process-stat.ts'

/** What a candidate's processes use, summed over the whole tree. */
export type ProcessSample = {
  /** CPU time since the start, user and system, in steps of 10 ms. Time of ended and reaped children is included. */
  readonly cpuSeconds: number
  /** Resident memory in bytes. Pages that several processes share are counted in each. */
  readonly rssBytes: number
  readonly fds: number
  readonly threads: number
  readonly processes: number
}

/** Sums up living processes; `null` when there is none. */
export function sampleOf(processes: readonly ProcessStat[]): ProcessSample | null {
  const living = processes.filter(stat => stat.state !== 'Z')
  if (living.length === 0) return null
  return {
    cpuSeconds: sum(processes, stat => stat.cpuSeconds),
    rssBytes: sum(living, stat => stat.rssBytes),
    fds: sum(living, stat => countDescriptors(stat.pid)),
    threads: sum(living, stat => stat.threads),
    processes: living.length,
  }
}

/**
 * CPU time in seconds with nanosecond steps, over all living threads: for measuring what 2,000 operations cost. It forgets threads that
 * ended, and reads one file a thread, so it is for the moments before and after a batch, not for sampling all along.
 */
export function preciseCpuSeconds(processes: readonly ProcessStat[]): number {
  return sum(processes, stat => threadCpuNanoseconds(stat.pid)) / 1e9
}

function sum(processes: readonly ProcessStat[], value: (stat: ProcessStat) => number): number {
  return processes.reduce((total, stat) => total + value(stat), 0)
}
