/** What `assay replay` leaves behind: the smallest interleaving that it found, which it can play again, and how often that shows. */
import { z } from 'zod'
import { checkEvidenceSchema } from './check-record.ts'
import { interleavingSchema } from './race-recipe.ts'

export const REPLAY_RECORD_VERSION = 1

const count = z.int().nonnegative()
const sizeSchema = z.object({ connections: count, channels: count, requests: count })

export const replayRecordSchema = z.object({
  kind: z.literal('assay-replay'),
  version: z.literal(REPLAY_RECORD_VERSION),
  checkId: z.string(),
  title: z.string(),
  candidate: z.string(),
  language: z.string(),
  /** The manifest or URL as the user gave it. */
  target: z.string(),
  seed: count,
  startedAt: z.iso.datetime(),
  durationMs: z.number().nonnegative(),
  /** What was given, and what is left of it. */
  given: sizeSchema,
  smallest: sizeSchema,
  interleaving: interleavingSchema,
  /** Tries of the smallest one in which it failed, of so many, each on connections and channels of its own. */
  hits: count,
  tries: count,
  /** A try plays it over and over, for so long at most; the slowest hit took `withinSeconds`, the wait for what was lost left out. */
  tryMs: count,
  withinSeconds: z.number().nullable(),
  /** The smallest interleaving as the check would show it, judged with all its patience; empty where it did not show again. */
  evidence: z.array(checkEvidenceSchema),
  stacks: z.string().optional(),
})

export type ReplayRecord = z.infer<typeof replayRecordSchema>
