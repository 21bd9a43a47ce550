/** Could the generator itself have changed what was measured? Its lag, its loop and its CPU, put into sentences where they matter. */
import { isWithoutRest, MAX_SEND_LAG_P99_MS } from '../record/generator-limits.ts'
import type { GeneratorResult, GeneratorSample, Percentiles } from '../record/run-record.ts'

const MAX_LOOP_DELAY_P99_MS = 100

export interface GeneratorFigures {
  readonly workers: number
  readonly sendLagMs: Percentiles
  readonly loopDelayMs: Percentiles
  readonly samples: readonly GeneratorSample[]
  readonly planned: number
  /** Messages that came too late to be sent at all. */
  readonly unsent: number
  readonly overloadUnsent: number
  /** Users that could not connect for want of this machine's own resources. */
  readonly unconnected: number
  readonly unconnectedWhy: string
}

export function judgeGenerator(figures: GeneratorFigures): GeneratorResult {
  const { workers, sendLagMs, loopDelayMs, samples, planned, unsent, overloadUnsent, unconnected, unconnectedWhy } = figures
  const cpu = median(samples.flatMap(sample => sample.cpu ?? []))
  const saturation: string[] = []
  if (unconnected > 0)
    saturation.push(
      `${unconnected} users could not connect, as this machine had no descriptors, ports or memory left (${unconnectedWhy}). Raise ulimit -n.`,
    )
  if (unsent > 0) saturation.push(`${unsent} of ${planned} messages were not sent within 2 s after the end of the schedule.`)
  if (sendLagMs.p99 > MAX_SEND_LAG_P99_MS)
    saturation.push(`p99 from due to sent was ${sendLagMs.p99.toFixed(1)} ms (more than ${MAX_SEND_LAG_P99_MS} ms).`)
  if (loopDelayMs.p99 > MAX_LOOP_DELAY_P99_MS)
    saturation.push(`p99 of the event loop's delay was ${loopDelayMs.p99.toFixed(1)} ms (more than ${MAX_LOOP_DELAY_P99_MS} ms).`)
  if (cpu !== null && isWithoutRest(cpu))
    saturation.push(`The busiest worker used ${(cpu * 100).toFixed(0)} % of its core (median over the run).`)
  const busyMs = longestBusyMs(samples)
  return {
    workers,
    sendLagMs,
    loopDelayMs,
    cpu,
    busyMs,
    saturated: saturation.length > 0,
    saturation,
    missed: unsent,
    unconnected,
    unsent: overloadUnsent,
  }
}

/** The longest run of samples without rest; each sample stands for the time since the one before. */
function longestBusyMs(samples: readonly GeneratorSample[]): number {
  let longest = 0
  let busy = 0
  samples.forEach(({ atMs, cpu }, index) => {
    const sinceMs = atMs - (samples[index - 1]?.atMs ?? 0)
    busy = isWithoutRest(cpu) ? busy + Math.max(0, sinceMs) : 0
    longest = Math.max(longest, busy)
  })
  return longest
}

/** `null` of none. */
function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? null
}
