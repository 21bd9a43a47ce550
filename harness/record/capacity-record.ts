/** What `assay capacity` leaves behind: `capacity.json`. Text and page are drawn from it alone. `version` changes when a reader would have to. */
import { z } from 'zod'

export const CAPACITY_RECORD_VERSION = 1

const count = z.int().nonnegative()

/** What there was no more of when the thresholds were missed. */
const exhaustedSchema = z.enum([
  'server CPU',
  'memory',
  'descriptors',
  'generator',
  'network',
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
  lost: count,
  /** Median share of one core over the hold; `null` where the server's process is not known. */
  serverCpu: z.number().nullable(),
  generatorCpu: z.number(),
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
  /** The largest load that met every threshold; `null` when not even the smallest did. */
  capacity: z.number().nullable(),
  /** The smallest load above it that did not; `null` when all did. */
  notMet: z.number().nullable(),
  /** False when the search was ended before both lay close together: `capacity` is then at least what it says. */
  isSettled: z.boolean(),
  exhausted: exhaustedSchema,
  /** One sentence: what ran out, by which figures. */
  exhaustedText: z.string(),
  slaMs: z.number(),
  seed: count,
  warmUpSeconds: z.number(),
  holdSeconds: z.number(),
  status: z.enum(['finished', 'interrupted', 'failed']),
  statusText: z.string(),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
  cores: count,
  /** In the order in which they were played. */
  steps: z.array(capacityStepSchema),
})

export type CapacityRecord = z.infer<typeof capacityRecordSchema>
export type CapacityStep = z.infer<typeof capacityStepSchema>
export type Exhausted = z.infer<typeof exhaustedSchema>
