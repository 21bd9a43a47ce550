/**
 * What a run leaves behind: `run.json`. Everything that judges or draws a run reads this and nothing else, so a saved run can be judged
 * and drawn again years later. The schema is published as docs/run.schema.json; `version` changes when a reader would have to.
 *
 * Units: fields ending in `Ms` are milliseconds, `Bytes` bytes, `Seconds` seconds. `atMs` counts from the moment the schedule starts
 * (the first phase's first instant); what happens earlier, while users join, has a negative `atMs`.
 */
import { z } from 'zod'

export const RUN_RECORD_VERSION = 1

const count = z.int().nonnegative()
const ms = z.number()

/** Percentiles of one latency, from merged HDR histograms. All zero when nothing was measured; `count` tells. */
const percentilesSchema = z.object({
  count,
  p50: ms,
  p90: ms,
  p99: ms,
  p999: ms,
  max: ms,
})

const verdictSchema = z.enum(['pass', 'fail', 'inconclusive', 'not attempted'])

/** A stretch in which messages were under way and nobody at full speed read anything, longer than the generator's own pauses explain. */
const stallSchema = z.object({
  atMs: ms,
  durationMs: ms,
  waitingMessages: count,
  /** False where nobody read anything any more until the run ended. */
  recovered: z.boolean().default(true),
})

const thresholdResultSchema = z.object({
  /** The threshold's name in the scenario, e.g. `completionP99Ms`. */
  name: z.string(),
  limit: z.number(),
  /** What was measured; `null` where nothing could be. */
  actual: z.number().nullable(),
  outcome: verdictSchema,
  /** What else than the server could explain it, where the outcome is inconclusive for that. */
  doubt: z.enum(['generator', 'network', 'patience']).optional(),
  /** One sentence for a person: what was expected, what came. */
  explanation: z.string(),
})

const cohortSchema = z.object({
  name: z.string(),
  reading: z.enum(['full', 'throttled', 'pausing', 'stopped']),
  users: count,
  /** Deliveries that the rule says they must have: only users who stayed open and reading to the end. */
  expectedDeliveries: count,
  deliveries: count,
  lost: count,
  duplicated: count,
  /** Connections that the server closed while they were slow (allowed), and those closed with nothing to provoke it (`dropped`). */
  evicted: count,
  dropped: count,
  /** WebSocket close codes (0: closed without one) and how often each came. */
  closeCodes: z.record(z.string(), count),
  deliveryMs: percentilesSchema,
})

const generatorSchema = z.object({
  workers: count,
  /** Due to handed to the kernel, a sample per message. */
  sendLagMs: percentilesSchema,
  /** The workers' event-loop delay. */
  loopDelayMs: percentilesSchema,
  /** The busiest worker's CPU, as a share of one core (0 to 1): the median over all samples, warm-up included; `null` where it was not measured. */
  cpu: z.number().nullable(),
  /** The longest stretch in which the busiest worker's CPU stayed above 95 % of a core: so long may it have left unread what had come. */
  busyMs: ms.optional(),
  /** True when the generator could not keep its schedule or could not read in time. */
  saturated: z.boolean(),
  /** Why, in sentences; empty when it was not. */
  saturation: z.array(z.string()),
  /** Messages that the generator was too late to send at all; the load that was asked for was not reached. */
  missed: count,
  /** Times that a user could not connect because this machine had no descriptors, ports or memory left. */
  unconnected: count.optional(),
  /** Messages that were due in an overload phase and were dropped unsent, as the protocol's rule asks. */
  unsent: count,
})

const serverUseSchema = z.object({
  cpuSeconds: z.number(),
  /** Highest share of one core over a sample interval (2 means two cores busy). */
  cpuMax: z.number(),
  rssBytesMax: count,
  fdsMax: count,
  threadsMax: count,
})

const runSummarySchema = z.object({
  verdict: verdictSchema,
  reasons: z.array(z.string()),
  /** Messages handed to the server in the measured phases and the warm-up; the probes that end a run are not counted. */
  messages: count,
  /** Deliveries read, expected or not, duplicates included. */
  deliveries: count,
  /** What the delivery rule says must be read by the end. */
  expectedDeliveries: count,
  lost: count,
  duplicated: count,
  /** Read by someone who must not have it, or under another channel's name. */
  misdelivered: count,
  /** Read by the right user with a body that differs from what was sent. */
  corrupted: count,
  /** Server output that is not the protocol: broken frames, invalid UTF-8 or JSON. */
  garbled: count,
  /** Sends answered by `shed` (or `error`) where the scenario allows it. */
  shed: count,
  /** Connections that the server closed without a reason that the protocol knows, and joins it refused. */
  dropped: count,
  /** Completions later than the SLA. */
  lateCompletions: count,
  stalls: z.array(stallSchema),
  /** False where the time was up with deliveries still coming, or the server still busy: what is missing may yet have come. */
  quiet: z.boolean().optional(),
  /** From due to read by the last full-speed receiver that must have it, a sample per message. */
  completionMs: percentilesSchema,
  /** From due to read, a sample per receiver that reads at full speed. */
  deliveryMs: percentilesSchema,
  /** From a join's request to its acknowledgement; of users who come during the schedule, from when they were to come. */
  joinMs: percentilesSchema,
  slowReaders: z.array(cohortSchema),
  generator: generatorSchema,
  /** `null` when Assay did not start the server and was given no `--pid`. */
  server: serverUseSchema.nullable(),
  seed: count,
})

const timelineRowSchema = z.object({
  /** Start of the interval. Messages are counted in the interval in which they were due. */
  atMs: ms,
  sent: count,
  deliveries: count,
  shed: count,
  p50: ms,
  p99: ms,
  max: ms,
  /** p99 and max of completion in this interval. */
  completionP99: ms,
  completionMax: ms,
  /** Delivery-latency counts: pairs of [index into `bucketEdgesMs`, count], zero counts left out. */
  heat: z.array(z.tuple([count, count])),
})

const serverSampleSchema = z.object({
  atMs: ms,
  /** Share of one core since the sample before. */
  cpu: z.number(),
  rssBytes: count,
  fds: count,
  threads: count,
})

const generatorSampleSchema = z.object({
  atMs: ms,
  /** The busiest worker's CPU since the sample before, as a share of one core; `null` where the system does not tell it. */
  cpu: z.number().nullable(),
  /** The largest send lag and event-loop delay in the interval. */
  sendLagMaxMs: ms,
  loopDelayMaxMs: ms,
})

/** One step of an evidence picture: lanes are drawn side by side, time runs downwards. */
export const evidenceEventSchema = z.object({
  lane: z.string(),
  atMs: ms.nullable(),
  /** `missing` is the point of the picture: what should have been there and is not. */
  kind: z.enum(['join', 'joined', 'send', 'read', 'missing', 'wrong', 'close', 'note']),
  text: z.string(),
})

const evidenceSchema = z.object({
  kind: z.enum(['lost', 'duplicated', 'misdelivered', 'corrupted', 'garbled', 'dropped', 'late', 'stall']),
  /** One sentence: who, what, when. */
  text: z.string(),
  lanes: z.array(z.string()),
  events: z.array(evidenceEventSchema),
})

const phaseResultSchema = z.object({
  name: z.string(),
  kind: z.enum(['warm-up', 'ramp', 'hold', 'spike', 'recovery', 'drain']),
  startMs: ms,
  endMs: ms,
  /** False for warm-up and drain, which the percentiles leave out. */
  measured: z.boolean(),
  plannedMessages: count,
  sentMessages: count,
  /** Completion of the messages that were due in this phase. */
  completionMs: percentilesSchema,
})

/**
 * What only a run against a key-value store has. The common fields then mean: `messages` requests, `deliveries` answers, `lost` requests that failed,
 * `corrupted` wrong values, `completionMs` from due to answered, `deliveryMs` from the first try to answered; `users` counts nodes, `channels` keys.
 */
const kvRunSchema = z.object({
  model: z.enum(['open', 'closed']),
  /** Tries by how they ended: `unavailable` is a 503, `broken` a time-out, a reset, a refused connection or any other 5xx. */
  nodes: z.array(z.object({ name: z.string(), url: z.string(), tries: count, answered: count, unavailable: count, broken: count })),
  keys: count,
  /** Answered requests of the measured phases, by kind; a closed model has no latency by kind. */
  operations: z.array(z.object({ kind: z.enum(['get', 'set', 'delete']), answered: count, latencyMs: percentilesSchema })),
  /** Over the measured phases. */
  answeredPerSecond: z.number(),
  /** Tries after the first, of all requests. */
  retries: count,
  unavailable: count,
  /** Requests without an answer in time, or refused. */
  failed: count,
  /** Reads of a value that nobody had written to that key. */
  wrong: count,
  /** Keys on which nodes still differed at the end, and keys whose last value had been replaced; `null` where they were not read. */
  diverged: count.nullable(),
  superseded: count.nullable(),
  events: z.array(z.object({ atMs: ms, node: z.string(), kind: z.enum(['killed', 'paused', 'back']) })),
})

export const runRecordSchema = z.object({
  kind: z.literal('assay-run'),
  version: z.literal(RUN_RECORD_VERSION),
  /** `running` is what a killed harness leaves; `interrupted` is Ctrl-C; `failed` is a crash of the server or of a worker. */
  status: z.enum(['running', 'finished', 'interrupted', 'failed']),
  /**
   * Who ended the run: its own schedule, the user (Ctrl-C), the server (it died, or nobody could join), this machine (it has no resources left for
   * a single user), or a fault of Assay's own.
   */
  endedBy: z.enum(['schedule', 'user', 'server', 'machine', 'harness']),
  /** What ended the run early, in one sentence; empty for a finished run. */
  statusText: z.string(),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
  /** The command line that plays the same run again. */
  command: z.string(),
  assayVersion: z.string(),
  seed: count,
  /** Which of `--repeat` runs this is, from 1. */
  repetition: count,
  /** Equal for two runs exactly when they played the same plan (scenario and seed); only such runs are compared. */
  planHash: z.string(),
  machine: z.object({
    os: z.string(),
    cpu: z.string(),
    cores: count,
    memoryBytes: count,
    node: z.string(),
  }),
  candidate: z.object({
    name: z.string(),
    language: z.string(),
    transport: z.enum(['ws', 'tcp', 'http']),
    /** Where it listened, e.g. `ws://127.0.0.1:40123`. */
    url: z.string(),
    /** The manifest or URL as the user gave it. */
    target: z.string(),
    startedByAssay: z.boolean(),
    /** How strictly it was contained, in one line; `null` for a server that Assay did not start, or that never ran. */
    containment: z.string().nullable().default(null),
    /** The end of what it printed (at most 256 KiB), raw: whoever shows it strips and escapes. */
    output: z.string(),
    /** How it ended, in one sentence, e.g. `The server exited with code 1 by itself.`; empty while it runs or after a normal stop. */
    exit: z.string(),
    /** Round-trip time to a server on another machine (of a store, to the farthest of its nodes); `null` for one on this machine. */
    networkRttMs: ms.nullable(),
  }),
  /** The scenario as it was played, after `--set`, in the form of docs/scenario.schema.json. */
  scenario: z.looseObject({ name: z.string(), about: z.string() }),
  users: z.object({ planned: count, joined: count, channels: count, memberships: count }),
  slaMs: ms,
  summary: runSummarySchema,
  thresholds: z.array(thresholdResultSchema),
  phases: z.array(phaseResultSchema),
  timeline: z.object({
    intervalMs: ms,
    /** Upper edges of the heat map's buckets, ascending. */
    bucketEdgesMs: z.array(ms),
    rows: z.array(timelineRowSchema),
  }),
  /** Percentile curves: [percentile 0 to 100, ms] pairs, ascending, the last at 100. */
  curves: z.object({
    completion: z.array(z.tuple([z.number(), ms])),
    delivery: z.array(z.tuple([z.number(), ms])),
  }),
  /** HDR histograms (V2, compressed, base64; microseconds), so that runs can be merged exactly. */
  histograms: z.object({ completion: z.string(), delivery: z.string() }),
  cohorts: z.array(cohortSchema),
  serverSamples: z.array(serverSampleSchema),
  generatorSamples: z.array(generatorSampleSchema),
  evidence: z.array(evidenceSchema),
  kv: kvRunSchema.optional(),
})

export type Percentiles = z.infer<typeof percentilesSchema>
export type VerdictOutcome = z.infer<typeof verdictSchema>
export type Stall = z.infer<typeof stallSchema>
export type ThresholdResult = z.infer<typeof thresholdResultSchema>
export type CohortResult = z.infer<typeof cohortSchema>
export type GeneratorResult = z.infer<typeof generatorSchema>
export type ServerUse = z.infer<typeof serverUseSchema>
export type RunSummary = z.infer<typeof runSummarySchema>
export type TimelineRow = z.infer<typeof timelineRowSchema>
export type ServerSample = z.infer<typeof serverSampleSchema>
export type GeneratorSample = z.infer<typeof generatorSampleSchema>
export type EvidenceEvent = z.infer<typeof evidenceEventSchema>
export type Evidence = z.infer<typeof evidenceSchema>
export type PhaseResult = z.infer<typeof phaseResultSchema>
export type KvRun = z.infer<typeof kvRunSchema>
export type RunRecord = z.infer<typeof runRecordSchema>
