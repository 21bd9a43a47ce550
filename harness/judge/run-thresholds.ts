/**
 * Each threshold of a scenario held against what was measured. Where the generator's own lag, or the network, could have made the
 * difference, the outcome is `inconclusive`: neither a pass nor a fail would be true.
 */
import type { RunRecord, ThresholdResult, VerdictOutcome } from '../record/run-record.ts'
import { busyMsOf, isOutOfCpu, mayBeUnread } from './busy-generator.ts'
import { isRecoveryOurs, slowestRecovery } from './recovery-time.ts'
import { spikeGoodputShare } from './spike-goodput.ts'
import { wereOwedEnough } from './stopped-readers.ts'

type Unexplained = Omit<ThresholdResult, 'outcome' | 'explanation'>

/** What else than the server may have caused a violation. */
type Doubt = 'none' | NonNullable<ThresholdResult['doubt']>

interface ThresholdRule {
  readonly name: string
  /** What is counted or timed, for a sentence. */
  readonly words: string
  readonly unit: '' | ' ms' | ' bytes'
  /** True where more is better. */
  readonly atLeast?: boolean
  measure(record: RunRecord): number | null
  doubt(record: RunRecord, actual: number, limit: number): Doubt
}

/** Facts: no lag of ours can make a server send a message twice or to a stranger. */
const never = (): Doubt => 'none'
/** So far behind that the server did not get the load that was asked for, but another one, or that a tenth of all was read that late. */
const isFarBehind = ({ summary, slaMs }: RunRecord): boolean =>
  summary.generator.missed > 0 || summary.generator.sendLagMs.p99 > slaMs || summary.generator.loopDelayMs.p90 > slaMs / 2
/**
 * On a connection that stays open nothing gets lost, however late the generator reads; but a server may give up on a reader that it finds
 * asleep for longer than the protocol asks it to bear.
 */
const unlessAwake =
  (bearableMs: number) =>
  (record: RunRecord): Doubt =>
    isFarBehind(record) || record.summary.generator.loopDelayMs.max > bearableMs ? 'generator' : 'none'
const eitherDoubt =
  (first: ThresholdRule['doubt'], isOurs: (record: RunRecord) => boolean): ThresholdRule['doubt'] =>
  (record, actual, limit) =>
    isOurs(record) ? 'generator' : first(record, actual, limit)
/** Pauses that the protocol says a server must bear: of a reader that keeps up on average, and of one that loses nothing (s2.eviction, s2.recovery). */
const PAUSE_WITHOUT_EVICTION_MS = 500
const PAUSE_WITHOUT_LOSS_MS = 2000
/** Who comes during the schedule waits for a connection, then (on WebSocket) for the upgrade, then for the join. */
const TCP_JOIN_TRIPS = 2
const WS_JOIN_TRIPS = 3

const RULES: readonly ThresholdRule[] = [
  {
    name: 'completionP99Ms',
    words: 'p99 completion (to the last receiver)',
    unit: ' ms',
    measure: p99Of(({ summary }) => summary.completionMs),
    doubt: latencyDoubt,
  },
  { name: 'deliveryP99Ms', words: 'p99 delivery', unit: ' ms', measure: p99Of(({ summary }) => summary.deliveryMs), doubt: latencyDoubt },
  {
    name: 'joinP99Ms',
    words: 'p99 of joins',
    unit: ' ms',
    measure: p99Of(({ summary }) => summary.joinMs),
    doubt: latencyDoubtOver(({ candidate }) => (candidate.transport === 'tcp' ? TCP_JOIN_TRIPS : WS_JOIN_TRIPS)),
  },
  {
    name: 'lost',
    words: 'lost deliveries',
    unit: '',
    measure: ({ summary }) => summary.lost,
    doubt: eitherDoubt(unlessAwake(PAUSE_WITHOUT_LOSS_MS), mayBeUnread),
  },
  { name: 'duplicated', words: 'duplicated deliveries', unit: '', measure: ({ summary }) => summary.duplicated, doubt: never },
  { name: 'misdelivered', words: 'misdelivered messages', unit: '', measure: ({ summary }) => summary.misdelivered, doubt: never },
  { name: 'corrupted', words: 'corrupted bodies', unit: '', measure: ({ summary }) => summary.corrupted, doubt: never },
  {
    name: 'garbled',
    words: 'pieces of output that are not the protocol',
    unit: '',
    measure: ({ summary }) => summary.garbled,
    doubt: never,
  },
  {
    name: 'dropped',
    words: 'connections or joins dropped without a reason',
    unit: '',
    measure: ({ summary }) => summary.dropped,
    // A generator out of CPU is a slow reader, which a server may give up on.
    doubt: eitherDoubt(unlessAwake(PAUSE_WITHOUT_EVICTION_MS), isOutOfCpu),
  },
  {
    name: 'stalls',
    words: 'stalls',
    unit: '',
    measure: ({ summary }) => summary.stalls.length,
    doubt: unlessAwake(PAUSE_WITHOUT_EVICTION_MS),
  },
  {
    name: 'lateCompletions',
    words: 'completions later than the SLA',
    unit: '',
    measure: ({ summary }) => summary.lateCompletions,
    doubt: lateDoubt,
  },
  {
    name: 'recoveryMs',
    words: 'time until the SLA was met again after the load fell back',
    unit: ' ms',
    measure: record => slowestRecovery(record)?.tookMs ?? null,
    doubt: eitherDoubt(unlessAwake(PAUSE_WITHOUT_EVICTION_MS), record => isOutOfCpu(record) || isRecoveryOurs(record)),
  },
  {
    name: 'spikeGoodputShare',
    words: 'deliveries a second (median) in a spike, as a share of those in the hold before it,',
    unit: '',
    atLeast: true,
    measure: spikeGoodputShare,
    doubt: eitherDoubt(unlessAwake(PAUSE_WITHOUT_EVICTION_MS), isOutOfCpu),
  },
  {
    name: 'rssBytesMax',
    words: "the server's memory",
    unit: ' bytes',
    measure: ({ summary }) => summary.server?.rssBytesMax ?? null,
    doubt: never,
  },
  {
    name: 'evictedStopped',
    words: 'share of stopped readers that were disconnected',
    unit: '',
    atLeast: true,
    measure: evictedShare,
    doubt: record => (isFarBehind(record) ? 'generator' : wereOwedEnough(record) ? 'none' : 'patience'),
  },
  {
    name: 'minDeliveries',
    words: 'deliveries',
    unit: '',
    atLeast: true,
    measure: ({ summary }) => summary.deliveries,
    doubt: eitherDoubt(unlessAwake(PAUSE_WITHOUT_EVICTION_MS), mayBeUnread),
  },
]

/** Of runs against key-value stores. */
const KV_RULES: readonly ThresholdRule[] = [
  {
    name: 'requestP99Ms',
    words: 'p99 of requests, from due to answered',
    unit: ' ms',
    measure: p99Of(({ summary }) => summary.completionMs),
    doubt: latencyDoubt,
  },
  {
    name: 'failed',
    words: 'requests without an answer in time, or refused',
    unit: '',
    measure: ({ kv }) => kv?.failed ?? null,
    // A request that this process forgot for half of its time may have had its answer in time.
    doubt: record => unlessAwake(Math.min(PAUSE_WITHOUT_LOSS_MS, giveUpMsOf(record) / 2))(record),
  },
  { name: 'wrong', words: 'reads of a value that nobody had written', unit: '', measure: ({ kv }) => kv?.wrong ?? null, doubt: never },
  {
    name: 'diverged',
    words: 'keys on which the nodes still differ in the end',
    unit: '',
    // A closed model ends without reading them: its writes repeat, so no value says which of them it is of.
    measure: ({ kv }) => (kv?.model === 'closed' ? 0 : (kv?.diverged ?? null)),
    doubt: never,
  },
  {
    name: 'superseded',
    words: 'keys whose last value had been replaced by an acknowledged write',
    unit: '',
    measure: ({ kv }) => (kv?.model === 'closed' ? 0 : (kv?.superseded ?? null)),
    doubt: never,
  },
  {
    name: 'minRequests',
    words: 'answered requests',
    unit: '',
    atLeast: true,
    measure: ({ summary }) => summary.deliveries,
    doubt: unlessAwake(PAUSE_WITHOUT_LOSS_MS),
  },
  {
    name: 'rssBytesMax',
    words: 'the memory of all nodes together',
    unit: ' bytes',
    measure: ({ summary }) => summary.server?.rssBytesMax ?? null,
    doubt: never,
  },
]

/** In the order of the rules above; thresholds that the scenario does not set are left out. */
export function judgeThresholds(record: RunRecord): ThresholdResult[] {
  const limits = thresholdsOf(record)
  return (record.kv === undefined ? RULES : KV_RULES).flatMap(rule => {
    const limit = limits[rule.name]
    return typeof limit === 'number' ? [judgeOne(rule, record, limit)] : []
  })
}

function judgeOne(rule: ThresholdRule, record: RunRecord, limit: number): ThresholdResult {
  const actual = rule.measure(record)
  const result: Unexplained = { name: rule.name, limit, actual }
  if (actual === null)
    return { ...result, outcome: 'inconclusive', explanation: `Expected ${bound(rule, limit)}; nothing was measured that could tell.` }
  const isMet = rule.atLeast === true ? actual >= limit : actual <= limit
  const doubt = isMet ? 'none' : rule.doubt(record, actual, limit)
  const outcome: VerdictOutcome = isMet ? 'pass' : doubt === 'none' ? 'fail' : 'inconclusive'
  const explanation = `Expected ${bound(rule, limit)}, got ${quantity(rule, actual)}.`
  return doubt === 'none'
    ? { ...result, outcome, explanation }
    : { ...result, outcome, doubt, explanation: `${explanation} ${CAUSES[doubt]}` }
}

const CAUSES: Readonly<Record<Exclude<Doubt, 'none'>, string>> = {
  generator: "The generator's own lag could explain it.",
  network: 'The network alone could explain it.',
  patience:
    'A server may keep a stopped reader until 16 MiB have been sent to it and 30 s have gone by, and this run was over before that (lengthen its phases).',
}

function bound(rule: ThresholdRule, limit: number): string {
  return `${rule.words} to be ${rule.atLeast === true ? 'at least' : 'at most'} ${quantity(rule, limit)}`
}

function quantity({ unit }: ThresholdRule, value: number): string {
  const digits = unit === ' ms' || (value !== 0 && value < 1) ? 3 : 0
  return `${Number(value.toFixed(digits)).toLocaleString('en-US', { maximumFractionDigits: digits })}${unit}`
}

function p99Of(pick: (record: RunRecord) => { readonly count: number; readonly p99: number }): (record: RunRecord) => number | null {
  return record => {
    const { count, p99 } = pick(record)
    return count === 0 ? null : p99
  }
}

/** Half a round trip to the server and half a one from it. */
function latencyDoubt(record: RunRecord, actual: number, limit: number): Doubt {
  return latencyDoubtOf(record, actual, limit, 1)
}

function latencyDoubtOver(roundTripsOf: (record: RunRecord) => number): ThresholdRule['doubt'] {
  return (record, actual, limit) => latencyDoubtOf(record, actual, limit, roundTripsOf(record))
}

/** `roundTrips`: how often the way to the server and back is in what was timed. */
function latencyDoubtOf(record: RunRecord, actual: number, limit: number, roundTrips: number): Doubt {
  const { summary, candidate } = record
  const { sendLagMs, loopDelayMs } = summary.generator
  if (isFarBehind(record) || isOutOfCpu(record) || actual - sendLagMs.p99 - loopDelayMs.p99 <= limit) return 'generator'
  // What has come waits no longer to be read than until a worker has rested.
  if (actual - busyMsOf(record) <= limit) return 'generator'
  if (candidate.networkRttMs !== null && actual - candidate.networkRttMs * roundTrips <= limit) return 'network'
  return 'none'
}

/** Of what is counted because it was later than the SLA: where the latest of it is explained, all of it is. */
function lateDoubt(record: RunRecord): Doubt {
  const isOurs = isOutOfCpu(record) || busyMsOf(record) > record.slaMs / 2
  if (isOurs || unlessAwake(PAUSE_WITHOUT_EVICTION_MS)(record) === 'generator') return 'generator'
  const { networkRttMs } = record.candidate
  return networkRttMs !== null && record.summary.completionMs.max - networkRttMs <= record.slaMs ? 'network' : 'none'
}

function giveUpMsOf({ scenario }: RunRecord): number {
  return typeof scenario['giveUpMs'] === 'number' ? scenario['giveUpMs'] : Infinity
}

function evictedShare({ summary }: RunRecord): number | null {
  const stopped = summary.slowReaders.filter(cohort => cohort.reading === 'stopped')
  const users = stopped.reduce((sum, cohort) => sum + cohort.users, 0)
  return users === 0 ? null : stopped.reduce((sum, cohort) => sum + cohort.evicted, 0) / users
}

function thresholdsOf(record: RunRecord): Readonly<Record<string, unknown>> {
  const thresholds = record.scenario['thresholds']
  return typeof thresholds === 'object' && thresholds !== null ? { ...thresholds } : {}
}
