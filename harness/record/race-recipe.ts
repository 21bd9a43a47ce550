/**
 * One batch of a race check as plain data: who is connected, who holds what, what all of them ask for at once, and who speaks afterwards.
 * Channels and connections are numbers, so that the same batch can be played again under fresh names, or with some of it left out.
 */
import { z } from 'zod'

const count = z.int().nonnegative()

const recipeRequestSchema = z.union([
  z.object({ join: z.array(count) }),
  /** A message of so many bytes at least. */
  z.object({ send: count, bodyBytes: count }),
])

const recipeActSchema = z.object({
  connection: count,
  /** `ask`: its requests in one write. `connect` is for one that comes `late`. */
  do: z.enum(['ask', 'connect', 'close', 'reset']),
  requests: z.array(recipeRequestSchema),
  /** What goes by before it, where acts are not released together: nothing, a turn of the client's loop, or a millisecond. */
  after: z.enum(['nothing', 'turn', 'millisecond']),
})

const recipeConnectionSchema = z.object({
  name: z.string(),
  /** Kept from batch to batch; others come and go with each. */
  stands: z.boolean(),
  /** Connects during the release, by an act of its own. */
  late: z.boolean(),
  /** Channels it is a member of before the release. */
  holds: z.array(count),
})

/** One member stops reading and is sent to until the fan-out waits for it; the acts come then, and it is let go after them. */
const pressureSchema = z.object({
  stalled: count,
  sender: count,
  channel: count,
  bodyBytes: count,
  /** At most so many messages; fewer where nobody gets them any more. */
  messages: count,
  /** It reads again, or resets its connection, so that the server's reader and writer clean up together. */
  letGo: z.enum(['resume', 'reset']),
})

export const raceRecipeSchema = z.object({
  /** How the first `together` acts are let loose: while the server is frozen, or in one burst. The others follow one by one. */
  release: z.enum(['freeze', 'burst']),
  together: count,
  channels: count,
  /** The first so many channels are the same in every batch. */
  standingChannels: count,
  connections: z.array(recipeConnectionSchema),
  acts: z.array(recipeActSchema),
  pressure: pressureSchema.nullable(),
  /** A fresh message in each channel afterwards: whoever must be a member must read it. */
  roll: z.array(z.object({ channel: count, speaker: count })),
  /** Channels in which two members and a fresh joiner speak, and must reach the same receivers. */
  census: z.array(count),
  /** The batch takes so long at least, which keeps its receivers' rates down. */
  leastMs: count,
})

/** What a failed race check keeps, so that `assay replay` can play it again. */
export const interleavingSchema = z.object({
  /** Which batch it was, from 0. */
  batch: count,
  /** The amplifier it was played under, or `plain`. */
  profile: z.string(),
  recipe: raceRecipeSchema,
})

export type RecipeRequest = z.infer<typeof recipeRequestSchema>
export type RecipeAct = z.infer<typeof recipeActSchema>
export type RecipeConnection = z.infer<typeof recipeConnectionSchema>
export type RecipePressure = z.infer<typeof pressureSchema>
export type RaceRecipe = z.infer<typeof raceRecipeSchema>
export type Interleaving = z.infer<typeof interleavingSchema>
