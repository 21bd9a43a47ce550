/** Had the generator any rest? Where it had none, what had come may have lain unread on our side, and no server is blamed for that. */
import { isWithoutRest } from '../record/generator-limits.ts'
import type { RunRecord } from '../record/run-record.ts'

const LAST_SECOND_MS = 1000

/** For half of the run or more: the median over all samples. */
export function isOutOfCpu({ summary }: RunRecord): boolean {
  return isWithoutRest(summary.generator.cpu)
}

/** The longest stretch without rest, in ms; 0 where the record is of an older version. */
export function busyMsOf({ summary }: RunRecord): number {
  return summary.generator.busyMs ?? 0
}

/**
 * A run whose time was up while deliveries still came, read by a generator that had no rest at the schedule's end: what is missing then may
 * lie unread on our side.
 */
export function mayBeUnread(record: RunRecord): boolean {
  return record.summary.quiet === false && (isOutOfCpu(record) || isBusyBetween(record, lastSecondMs(record), Infinity))
}

/** Was a sample between these moments, both included, one without rest? */
export function isBusyBetween({ generatorSamples }: RunRecord, fromMs: number, toMs: number): boolean {
  return generatorSamples.some(({ atMs, cpu }) => isWithoutRest(cpu) && atMs >= fromMs && atMs <= toMs)
}

/** When the last second that was sampled begins; Infinity where none was. */
export function lastSecondMs({ generatorSamples }: RunRecord): number {
  return (generatorSamples.at(-1)?.atMs ?? Infinity) - LAST_SECOND_MS
}
