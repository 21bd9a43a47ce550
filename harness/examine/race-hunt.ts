/**
 * Plays a race again and again: batches on a freshly started server, then on the same one warm, each followed by a census. Before it passes
 * anyone it learns what the controls of the language did, since a pass means nothing where even a sample with the race goes free.
 */
import type { RaceRecipe } from '../record/race-recipe.ts'
import type { Actor } from './actor.ts'
import type { Check, CheckContext, CheckFinding } from './check.ts'
import { PLAIN } from './amplifiers.ts'
import { huntAmplified } from './amplified-hunt.ts'
import { measureRace } from './measure-race.ts'
import { RaceHunt } from './race-batches.ts'
import type { RaceTally } from './race-tally.ts'
import { batchesWanted, raceVerdict } from './race-verdict.ts'

export interface RaceGame {
  /** Channels (or names) contended for in a batch. */
  readonly rounds: number
  /** What is played in a batch, as data. */
  plan(batch: number): RaceRecipe
  /** Those who took part in a batch, once it is played. */
  saw?(actors: readonly Actor[]): void
  /** Whether a full examination plays it under the amplifiers of the language too, some seconds each. */
  readonly isAmplified?: true
}

export type BeginRace = (context: CheckContext) => RaceGame

const QUICK_BATCHES = 16
const BATCHES = 40
const MOST_BATCHES = 150

export async function huntRace(check: Check, context: CheckContext, begin: BeginRace): Promise<CheckFinding> {
  if (context.measure !== null) return await measureRace(context, begin(context), context.measure)
  const scene = context.scene()
  const hunt = new RaceHunt(context, scene, begin(context), PLAIN)
  await hunt.playUpTo(context.quick ? QUICK_BATCHES : BATCHES)
  // A failure stands for itself; only a pass needs the control beside it, and may need more batches because of it.
  const control = hunt.tally.failedBatches > 0 ? 'unknown' : await context.control(check, PLAIN)
  await hunt.playUpTo(Math.min(MOST_BATCHES, batchesWanted(control)))
  await scene.quiet()
  const plain = hunt.isShown() ? raceVerdict(hunt.tally, control) : lateOnly(hunt.tally)
  if (plain.outcome === 'fail' || context.quick || begin(context).isAmplified !== true) return plain
  return await huntAmplified(check, context, begin, plain)
}

/** What a batch had waited for in vain came once all was quiet: by the rule it was not lost, and so it shows no race. */
function lateOnly(tally: RaceTally): CheckFinding {
  const reason = `In batch ${tally.batches} something came only after nothing had been read for 5 s; nothing was lost, so it shows no race.`
  return { outcome: 'inconclusive', reason }
}
