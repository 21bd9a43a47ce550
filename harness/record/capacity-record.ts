/** What `assay capacity` leaves behind: `capacity.json`. Text and page are drawn from it alone. `version` changes when a reader would have to. */
import { z } from 'zod'

export const CAPACITY_RECORD_VERSION = 2

const count = z.int().nonnegative()

/** What there was no more of when the thresholds were missed. */
const exhaustedSchema = z.enum([
  'server CPU',
  'memory',
  'descriptors',
  'generator',
  'network',
  /** Neither side's: something else on this machine took the cores, however often the step was played again. */
  'other programs',
  /** Nothing that can be seen from outside: locks, waits, a limit of the server's own. */
  'unknown',
  /** Nothing: the largest load that may be asked for was met. */
  'nothing',
])

const capacityStepSchema = z.object({
  /** Users, or messages a second: what `by` says. */
  load: z.number(),
  users: count,
  messagesPerSecond: z.number(),
  outcome: z.enum(['pass', 'fail', 'inconclusive', 'not attempted']),
  reason: z.string(),
  deliveriesPerSecond: z.number(),
  completionP50Ms: z.number(),
  completionP99Ms: z.number(),
  /** By how much the median delivery latency grew each second of the hold; a server that falls behind shows it before it misses the SLA. */
  latencyGrowthMsPerSecond: z.number(),
  lost: count,
  /** Median share of one core over the hold; `null` where the server's process is not known. */
  serverCpu: z.number().nullable(),
  /** The busiest worker's, likewise; `null` where it was not measured. */
  generatorCpu: z.number().nullable(),
  rssBytes: count.nullable(),
  exhausted: exhaustedSchema,
})

export const capacityRecordSchema = z.object({
  kind: z.literal('assay-capacity'),
  version: z.literal(CAPACITY_RECORD_VERSION),
  candidate: z.string(),
  language: z.string(),
  target: z.string(),
  scenario: z.string(),
  by: z.enum(['users', 'rate']),
  /** The largest load that the server carries; `null` where that is not known, as the generator or the search ended first. */
  capacity: z.number().nullable(),
  /** The largest load that met every threshold, whatever ended the search; `null` when none did. */
  atLeast: z.number().nullable(),
  /** The smallest load above it that did not, or that could not be offered; `null` when there was none. */
  notMet: z.number().nullable(),
  /** False when the search was ended before both lay close together and were sure. */
  isSettled: z.boolean(),
  exhausted: exhaustedSchema,
  /** One sentence: what ran out, by which figures. */
  exhaustedText: z.string(),
  slaMs: z.number(),
  seed: count,
  /** Of a step, at half its load; a server that has just started gets twice as long. */
  warmUpSeconds: z.number(),
  holdSeconds: z.number(),
  status: z.enum(['finished', 'interrupted', 'failed']),
  statusText: z.string(),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
  cores: count,
  /** How strictly the server was contained, in one line; `null` for one that Assay did not start, or that never ran. */
  containment: z.string().nullable().default(null),
  /** In the order in which they were played. */
  steps: z.array(capacityStepSchema),
  /** What a server that failed printed last, raw. */
  output: z.string().optional(),
})

export type CapacityRecord = z.infer<typeof capacityRecordSchema>
export type CapacityStep = z.infer<typeof capacityStepSchema>
export type Exhausted = z.infer<typeof exhaustedSchema>
