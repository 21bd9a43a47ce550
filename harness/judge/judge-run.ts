/** The verdict on a run: a pure function of its record, so that a saved run can be judged again at any time. */
import { MAX_SEND_LAG_P99_MS } from '../record/generator-limits.ts'
import type { KvRun, RunRecord, ThresholdResult, VerdictOutcome } from '../record/run-record.ts'
import { judgeThresholds } from './run-thresholds.ts'

/** The record with its thresholds judged, its verdict and the reasons for it. */
export function judgeRun(record: RunRecord): RunRecord {
  const thresholds = judgeThresholds(record)
  const { verdict, reasons } = conclude(record, thresholds)
  return { ...record, thresholds, summary: { ...record.summary, verdict, reasons } }
}

function conclude(record: RunRecord, thresholds: readonly ThresholdResult[]): { verdict: VerdictOutcome; reasons: string[] } {
  const failed = thresholds.filter(result => result.outcome === 'fail')
  const failures = failed.map(result => result.explanation)
  switch (record.endedBy) {
    case 'server':
      return { verdict: 'fail', reasons: [record.statusText, ...failures] }
    case 'harness':
      return { verdict: 'inconclusive', reasons: [`inconclusive: fault of Assay. ${record.statusText}`, ...factsOf(failed)] }
    case 'machine':
      return { verdict: 'inconclusive', reasons: [`inconclusive: this machine cannot play it. ${record.statusText}`] }
    case 'user':
      return interrupted(record, failed)
    case 'schedule':
      return record.status === 'running' ? unfinished(record) : finished(record, thresholds, failures)
  }
}

function finished(
  record: RunRecord,
  thresholds: readonly ThresholdResult[],
  failures: readonly string[],
): { verdict: VerdictOutcome; reasons: string[] } {
  if (failures.length > 0) return { verdict: 'fail', reasons: [...stuckReason(record), ...failures] }
  const doubtful = thresholds.filter(result => result.outcome === 'inconclusive')
  const doubts = doubtful.map(result => result.explanation)
  const { summary } = record
  if (!isLoadAchieved(record) || (summary.generator.saturated && doubts.length > 0)) {
    return {
      verdict: 'inconclusive',
      reasons: [
        'inconclusive: generator saturated. The load that was asked for was not what the server got, so neither a pass nor a fail would be true.',
        ...summary.generator.saturation,
        ...doubts,
        'Ask for less (--set arrival.ratePerSecond=…, --set users=…), close other programs, or run Assay on a machine with more cores.',
      ],
    }
  }
  if (doubtful.some(({ doubt }) => doubt === 'network')) return { verdict: 'inconclusive', reasons: [networkReason(record), ...doubts] }
  if (doubts.length > 0) return { verdict: 'inconclusive', reasons: doubts }
  if (summary.expectedDeliveries === 0) {
    return {
      verdict: 'inconclusive',
      reasons: [
        'inconclusive: nothing was measured. No message had a receiver that must have it; give the scenario more users or a longer schedule.',
      ],
    }
  }
  return { verdict: 'pass', reasons: [passReason(record)] }
}

function networkReason({ candidate }: RunRecord): string {
  const rtt = candidate.networkRttMs === null ? '' : ` (a round trip takes ${candidate.networkRttMs.toFixed(1)} ms)`
  return `inconclusive: network. The way to the server and back${rtt} alone could explain what was missed, so neither a pass nor a fail would be true; run Assay nearer to the server.`
}

/** A stall without end says more than all the losses that come of it. */
function stuckReason({ summary, serverSamples }: RunRecord): string[] {
  const stall = summary.stalls.find(({ recovered }) => !recovered)
  if (stall === undefined) return []
  const since = serverSamples.filter(({ atMs }) => atMs > stall.atMs)
  const cpu =
    since.length === 0 ? '' : `, its CPU at ${Math.round((since.reduce((sum, sample) => sum + sample.cpu, 0) / since.length) * 100)} %`
  return [
    `The server was stuck: from ${(stall.atMs / 1000).toFixed(1)} s on nobody read anything any more, not even the fresh messages at the end${cpu}.`,
  ]
}

/** A run that could not send what was planned, or from as many users, says nothing about the server at that load. */
function isLoadAchieved({ summary, users }: RunRecord): boolean {
  const { saturated, sendLagMs, missed, unconnected = 0 } = summary.generator
  // Users who come back count among those who joined, so their number alone does not show that some could not.
  return !saturated || (sendLagMs.p99 <= MAX_SEND_LAG_P99_MS && missed === 0 && unconnected === 0 && users.joined >= users.planned)
}

function interrupted(record: RunRecord, failed: readonly ThresholdResult[]): { verdict: VerdictOutcome; reasons: string[] } {
  const facts = factsOf(failed)
  if (facts.length > 0) return { verdict: 'fail', reasons: [...facts, record.statusText] }
  return { verdict: 'inconclusive', reasons: [`inconclusive: interrupted. ${record.statusText}`] }
}

function unfinished(record: RunRecord): { verdict: VerdictOutcome; reasons: string[] } {
  return { verdict: 'inconclusive', reasons: [`inconclusive: the run never came to its end. ${record.statusText}`] }
}

/** What stays true however a run ended: nothing that comes later can undo a duplicate or a stray. */
function factsOf(failed: readonly ThresholdResult[]): string[] {
  return failed.filter(({ name }) => FACTS.has(name)).map(result => result.explanation)
}
const FACTS = new Set(['duplicated', 'misdelivered', 'corrupted', 'garbled', 'wrong'])

function passReason(record: RunRecord): string {
  return record.kv === undefined ? chatPassReason(record) : kvPassReason(record, record.kv)
}

function kvPassReason({ summary, slaMs }: RunRecord, { diverged, unavailable, model }: KvRun): string {
  const unavailableText =
    unavailable === 0 || model === 'closed'
      ? ''
      : ` A node said ${unavailable.toLocaleString('en-US')} times that it was unavailable, and another was asked.`
  const agreement =
    diverged === null ? '' : ' In the end all nodes held the same values, and none that a later acknowledged write had replaced.'
  return (
    `All of ${summary.messages.toLocaleString('en-US')} requests were answered, with no wrong value; ` +
    `99 % within ${summary.completionMs.p99.toFixed(1)} ms of when they were due (SLA ${slaMs.toLocaleString('en-US')} ms).${agreement}${unavailableText}`
  )
}

function chatPassReason({ summary, slaMs }: RunRecord): string {
  const { deliveries, messages, completionMs, shed } = summary
  const shedText =
    shed === 0 ? '' : ` The server said of ${shed.toLocaleString('en-US')} more that it had shed them, as this scenario allows.`
  return (
    `All of ${deliveries.toLocaleString('en-US')} deliveries of ${(messages - shed).toLocaleString('en-US')} messages came once and unchanged; ` +
    `99 % of messages had reached their last receiver within ${completionMs.p99.toFixed(1)} ms (SLA ${slaMs.toLocaleString('en-US')} ms).${shedText}`
  )
}
