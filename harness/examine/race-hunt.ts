/**
 * Plays a race again and again: batches on a freshly started server, then on the same one warm, each followed by a census. Before it passes
 * anyone it learns what the controls of the language did, since a pass means nothing where even a sample with the race goes free.
 */
import type { CheckPower } from '../record/check-record.ts'
import type { RaceRecipe } from '../record/race-recipe.ts'
import type { Actor } from './actor.ts'
import type { Check, CheckContext, CheckFinding, ControlAnswer } from './check.ts'
import { measureRace } from './measure-race.ts'
import { RacePlayer } from './race-player.ts'
import { newTally, type RaceTally } from './race-tally.ts'
import type { Scene } from './scene.ts'

export interface RaceGame {
  /** Channels (or names) contended for in a batch. */
  readonly rounds: number
  /** What is played in a batch, as data. */
  plan(batch: number): RaceRecipe
  /** Those who took part in a batch, once it is played. */
  saw?(actors: readonly Actor[]): void
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
  const hunt = new Hunt(context, scene, begin(context))
  await hunt.playUpTo(context.quick ? QUICK_BATCHES : BATCHES)
  // A failure stands for itself; only a pass needs the control beside it, and may need more batches because of it.
  const control = hunt.tally.failedBatches > 0 ? 'unknown' : await context.control(check)
  if (control !== 'unknown') await hunt.playUpTo(Math.min(MOST_BATCHES, (control.batchesForFive ?? 0) * CONTROL_FACTOR))
  await scene.quiet()
  return verdict(hunt.tally, control)
}

class Hunt {
  readonly tally: RaceTally = newTally()
  readonly #context: CheckContext
  readonly #scene: Scene
  readonly #game: RaceGame
  readonly #player: RacePlayer
  readonly #startMs: number

  constructor(context: CheckContext, scene: Scene, game: RaceGame) {
    this.#context = context
    this.#scene = scene
    this.#game = game
    this.#player = new RacePlayer(context, scene)
    this.#startMs = context.nowMs()
  }

  async playUpTo(batches: number): Promise<void> {
    const { tally } = this
    while (tally.batches < batches && tally.failedBatches === 0) {
      this.#context.progress(`batch ${tally.batches + 1} of ${batches}`)
      await this.#play(tally.batches)
    }
  }

  /** Judged by the rule, so a failing batch only ends the hunt; its history decides. */
  async #play(batch: number): Promise<void> {
    const { tally } = this
    const recipe = this.#game.plan(batch)
    tally.batches++
    tally.rounds += this.#game.rounds
    this.#keep(batch, recipe, { ...tally, failedBatches: 1, failedRounds: 1 })
    const mishaps = this.#scene.mishaps
    const actors = await this.#player.play(recipe)
    this.#game.saw?.(actors.filter(actor => actor !== undefined))
    const atSeconds = (this.#context.nowMs() - this.#startMs) / 1000
    const isComplete = await this.#scene.trySettle()
    if (isComplete && this.#scene.mishaps === mishaps) return this.#player.finish()
    tally.failedBatches++
    tally.failedRounds += isComplete ? 1 : this.#scene.lostChannels
    tally.firstFailureSeconds = atSeconds
    this.#keep(batch, recipe, tally)
  }

  /** Stands beside the verdict, also where an error of the batch ends the check: a stuck server, or a dead one. */
  #keep(batch: number, recipe: RaceRecipe, tally: RaceTally): void {
    this.#context.keep({ interleaving: { batch, profile: 'plain', recipe }, power: powerOf(tally, 'unknown') })
  }
}

function verdict(tally: RaceTally, control: ControlAnswer): CheckFinding {
  const power = powerOf(tally, control)
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

function powerOf(tally: RaceTally, control: ControlAnswer): CheckPower {
  const yours = `${tally.failedRounds} of ${tally.rounds} rounds, in ${tally.failedBatches} of ${tally.batches} batches`
  const statement =
    tally.failedBatches > 0
      ? `This server failed in ${yours}.`
      : control === 'unknown'
        ? `This server failed in ${yours}. There is no control for it in this language, so the power of this check is not shown.`
        : `The racy control (${control.name}) failed in ${control.failedRounds} of ${control.rounds} rounds, in ${control.failedBatches} of ${control.batches} batches; this server in ${yours}.`
  return { statement, ...tally, control: control === 'unknown' ? null : control }
}
