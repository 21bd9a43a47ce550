/**
 * What an examination leaves behind: `check.json`. Terminal, scorecard and JUnit are drawn from it alone. The schema is published as
 * docs/check.schema.json; `version` changes when a reader would have to.
 */
import { z } from 'zod'
import { interleavingSchema } from './race-recipe.ts'
import { evidenceEventSchema } from './run-record.ts'

export const CHECK_RECORD_VERSION = 1

const count = z.int().nonnegative()

const outcomeSchema = z.enum(['pass', 'fail', 'inconclusive', 'not attempted'])

/** The smallest picture of what went wrong: lanes side by side, time downwards. */
export const checkEvidenceSchema = z.object({
  kind: z.enum([
    'lost',
    'duplicated',
    'misdelivered',
    'corrupted',
    'history',
    'census',
    'garbled',
    'dropped',
    'stuck',
    'late',
    'growth',
    'crash',
    // Of a store: what no order of the operations explains, nodes that disagree, a deleted key that is back, an old value after a newer one,
    // and a store that does not answer when it must.
    'order',
    'diverged',
    'resurrected',
    'stale',
    'unavailable',
  ]),
  /** One sentence: who, what, when. */
  text: z.string(),
  lanes: z.array(z.string()),
  events: z.array(evidenceEventSchema),
  /** Of a store: each operation from its call to its answer, on the same clock; `toMs` is null where it was never answered. */
  spans: z
    .array(z.object({ lane: z.string(), fromMs: z.number(), toMs: z.number().nullable(), text: z.string(), isWrong: z.boolean() }))
    .optional(),
  /** How many violations of this kind the check saw; this is the smallest. */
  occurrences: count,
})

const controlPowerSchema = z.object({
  name: z.string(),
  rounds: count,
  batches: count,
  failedRounds: count,
  failedBatches: count,
  firstFailureSeconds: z.number().nullable(),
  /** Batches until the racy control had been caught five times; `null` when it was not. */
  batchesForFive: count.nullable(),
  rightFailedBatches: count,
  rightBatches: count,
})

/** What a race check offered, and what its controls made of the same. */
export const checkPowerSchema = z.object({
  /** One sentence that stands beside a pass. */
  statement: z.string(),
  rounds: count,
  batches: count,
  failedRounds: count,
  failedBatches: count,
  firstFailureSeconds: z.number().nullable(),
  control: controlPowerSchema.nullable(),
  /** The same under settings of the runtime that make races show more often, each with what the controls did under it. */
  amplified: z
    .array(
      z.object({
        profile: z.string(),
        rounds: count,
        batches: count,
        failedRounds: count,
        failedBatches: count,
        control: controlPowerSchema.nullable(),
      }),
    )
    .optional(),
})

const checkResultSchema = z.object({
  id: z.string(),
  stage: z.enum(['1', '2', '3', '4', '5', '6', 'safe']),
  title: z.string(),
  outcome: outcomeSchema,
  /** One sentence for a person. */
  reason: z.string(),
  evidence: z.array(checkEvidenceSchema),
  power: checkPowerSchema.nullable(),
  /** Figures that the check took, by name with the unit last, e.g. `completionP99Ms`. */
  figures: z.record(z.string(), z.number()),
  durationMs: z.number().nonnegative(),
  /** Of a failed race check: the batch that failed, which `assay replay` plays again. */
  interleaving: interleavingSchema.optional(),
  /** Of a stuck server: what its threads were at, as its runtime or the kernel tells it, at most 64 KiB. */
  stacks: z.string().optional(),
  /** Of a failed check: what its servers printed meanwhile, raw, the end of it, at most 16 KiB. */
  printed: z.string().optional(),
  /** Set where Assay itself failed in this check: what it failed of, with its stack. It says nothing about the candidate. */
  assayFault: z.string().optional(),
  /** Set where the check is a distinction: praised when it passes, and no part of the verdict when it does not. */
  distinction: z.literal(true).optional(),
  /** Which of `--repeat` examinations this is, from 1. */
  repetition: count,
})

export const checkRecordSchema = z.object({
  kind: z.literal('assay-check'),
  version: z.literal(CHECK_RECORD_VERSION),
  /** Which contract the candidate was held to; records of before there were two are of chat. */
  exercise: z.enum(['chat', 'kv']).default('chat'),
  candidate: z.string(),
  language: z.string(),
  transport: z.enum(['ws', 'tcp', 'http']),
  /** The manifest or URL as the user gave it. */
  target: z.string(),
  containment: z.string(),
  /** `finished`, `interrupted` by the user, or `failed` (the candidate could not be built or started; `statusText` says why). */
  status: z.enum(['finished', 'interrupted', 'failed']),
  statusText: z.string(),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
  durationMs: z.number().nonnegative(),
  seed: count,
  quick: z.boolean(),
  slaMs: z.number(),
  usernames: z.enum(['replace', 'refuse', 'allow']).nullable(),
  suggestedGrade: z.string().nullable(),
  checks: z.array(checkResultSchema),
  /** The end of what the candidate printed, raw. */
  output: z.string(),
})

export type Outcome = z.infer<typeof outcomeSchema>
export type CheckEvidence = z.infer<typeof checkEvidenceSchema>
export type CheckPower = z.infer<typeof checkPowerSchema>
export type CheckResult = z.infer<typeof checkResultSchema>
export type CheckRecord = z.infer<typeof checkRecordSchema>
