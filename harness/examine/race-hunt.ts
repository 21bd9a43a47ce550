/**
 * Plays a race again and again: batches on a freshly started server, then on the same one warm, each followed by a census. Before it passes
 * anyone it learns what the controls of the language did, since a pass means nothing where even a sample with the race goes free.
 */
import type { RaceRecipe } from '../record/race-recipe.ts'
import type { Actor } from './actor.ts'
import type { Check, CheckContext, CheckFinding, ControlAnswer } from './check.ts'
import { PLAIN } from './amplifiers.ts'
import { huntAmplified } from './amplified-hunt.ts'
import { measureRace } from './measure-race.ts'
import { RaceHunt } from './race-batches.ts'
import { racePower, type RaceTally } from './race-tally.ts'

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
/** At least as many batches as the control needed for five catches, three times over, but never more than this. */
const MOST_BATCHES = 150
const CONTROL_FACTOR = 3

export async function huntRace(check: Check, context: CheckContext, begin: BeginRace): Promise<CheckFinding> {
  if (context.measure !== null) return await measureRace(context, begin(context), context.measure)
  const scene = context.scene()
  const hunt = new RaceHunt(context, scene, begin(context), PLAIN)
  await hunt.playUpTo(context.quick ? QUICK_BATCHES : BATCHES)
  // A failure stands for itself; only a pass needs the control beside it, and may need more batches because of it.
  const control = hunt.tally.failedBatches > 0 ? 'unknown' : await context.control(check, PLAIN)
  if (control !== 'unknown') await hunt.playUpTo(Math.min(MOST_BATCHES, (control.batchesForFive ?? 0) * CONTROL_FACTOR))
  await scene.quiet()
  const plain = hunt.isShown() ? verdict(hunt.tally, control) : lateOnly(hunt.tally)
  if (plain.outcome === 'fail' || context.quick || begin(context).isAmplified !== true) return plain
  return await huntAmplified(check, context, begin, plain)
}

/** What a batch had waited for in vain came once all was quiet: by the rule it was not lost, and so it shows no race. */
function lateOnly(tally: RaceTally): CheckFinding {
  const reason = `In batch ${tally.batches} something came only after nothing had been read for 5 s; nothing was lost, so it shows no race.`
  return { outcome: 'inconclusive', reason }
}

function verdict(tally: RaceTally, control: ControlAnswer): CheckFinding {
  const power = racePower(tally, control)
  if (tally.failedBatches > 0) return { outcome: 'fail', reason: power.statement, power }
  if (control === 'unknown') return { outcome: 'pass', reason: power.statement, power }
  if (control.rightFailedBatches > 0) {
    return {
      outcome: 'inconclusive',
      reason: `Void: the right control failed ${control.rightFailedBatches} of ${control.rightBatches} batches here.`,
      power,
    }
  }
  if (control.batchesForFive === null) {
    return {
      outcome: 'inconclusive',
      reason: `The racy control was caught in only ${control.failedBatches} of ${control.batches} batches.`,
      power,
    }
  }
  if (tally.batches < control.batchesForFive * CONTROL_FACTOR) {
    return {
      outcome: 'inconclusive',
      reason: `The racy control needed ${control.batchesForFive} batches to be caught five times; too many to play three times as many here.`,
      power,
    }
  }
  return { outcome: 'pass', reason: power.statement, power }
}
