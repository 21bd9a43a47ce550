/** Batches of one race on one server, until the first that fails. */
import { judgeHistory } from '../judge/delivery-rule.ts'
import type { RaceRecipe } from '../record/race-recipe.ts'
import { PLAIN } from './amplifiers.ts'
import type { CheckContext } from './check.ts'
import type { RaceGame } from './race-hunt.ts'
import { RacePlayer } from './race-player.ts'
import { newTally, racePower, type RaceTally } from './race-tally.ts'
import type { Scene } from './scene.ts'

export class RaceHunt {
  readonly tally: RaceTally = newTally()
  readonly #context: CheckContext
  readonly #scene: Scene
  readonly #game: RaceGame
  readonly #player: RacePlayer
  readonly #startMs: number
  readonly #profile: string

  constructor(context: CheckContext, scene: Scene, game: RaceGame, profile: string) {
    this.#context = context
    this.#scene = scene
    this.#game = game
    this.#player = new RacePlayer(context, scene)
    this.#startMs = context.nowMs()
    this.#profile = profile
  }

  async playUpTo(batches: number): Promise<void> {
    const { tally } = this
    while (tally.batches < batches && tally.failedBatches === 0) {
      const under = this.#profile === PLAIN ? '' : ` (${this.#profile})`
      this.#context.progress(`batch ${tally.batches + 1} of ${batches}${under}`)
      await this.#play(tally.batches)
    }
  }

  /** Whether the history bears out what the batches were found to be; to be asked when all is quiet. What came late after all was not lost. */
  isShown(): boolean {
    return this.tally.failedBatches === 0 || judgeHistory(this.#scene.recorder).length > 0
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
    if (isComplete && this.#scene.mishaps === mishaps) {
      this.#player.finish()
      this.#context.keep(null)
      return
    }
    tally.failedBatches++
    tally.failedRounds += isComplete ? 1 : this.#scene.lostChannels
    tally.firstFailureSeconds = atSeconds
    this.#keep(batch, recipe, tally)
  }

  /** Stands beside the verdict, also where an error of the batch ends the check: a stuck server, or a dead one. */
  #keep(batch: number, recipe: RaceRecipe, tally: RaceTally): void {
    this.#context.keep({ interleaving: { batch, profile: this.#profile, recipe }, power: racePower(tally, 'unknown') })
  }
}
