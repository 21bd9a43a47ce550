import type { RunRecord } from '../../harness/record/run-record.ts'

/** Every latency that some rule compares with: the SLA and the thresholds in ms. No report rounds a latency across one of them. */
export function limitsMs(record: RunRecord): number[] {
  return [record.slaMs, ...record.thresholds.filter(threshold => threshold.name.endsWith('Ms')).map(threshold => threshold.limit)]
}
