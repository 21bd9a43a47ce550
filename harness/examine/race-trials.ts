/** Tries of a recipe: each on connections and channels of its own, played over and over until it fails or its time is up. */
import type { RunningCandidate } from '../candidate/running-candidate.ts'
import { judgeHistory } from '../judge/delivery-rule.ts'
import type { RaceRecipe } from '../record/race-recipe.ts'
import type { CheckContext } from './check.ts'
import { LossError, ServerGoneError, StuckError } from './patience.ts'
import { RacePlayer } from './race-player.ts'
import type { Scene } from './scene.ts'

/** Enough to go on with; what is counted is judged by the rule, after all the patience that it asks for. */
const SILENCE_MS = 500
/** However quick the batches, memory holds the history of them all. */
const MOST_BATCHES = 400

interface Trial {
  /** `lost`: something was missing when it was last looked for. `broken`: the server was stuck or ended by it. */
  readonly end: 'nothing' | 'lost' | 'broken'
  /** Until the batch that failed was played. */
  readonly playedMs: number
  readonly scene: Scene
}

export class RaceTrials {
  readonly #context: CheckContext
  #server: RunningCandidate

  constructor(context: CheckContext) {
    this.#context = context
    this.#server = context.server
  }

  async shows(recipe: RaceRecipe, limitMs: number): Promise<boolean> {
    const { end, scene } = await this.#try(recipe, limitMs)
    await this.#end(scene, end)
    return end !== 'nothing'
  }

  /** How many of the tries the judge finds a violation in, and how long the slowest of them took. */
  async count(recipe: RaceRecipe, tries: number, limitMs: number): Promise<{ hits: number; slowestMs: number | null }> {
    const hitsMs: number[] = []
    let lost: Trial[] = []
    for (let tried = 1; tried <= tries; tried++) {
      this.#context.progress(`try ${tried} of ${tries}`)
      const trial = await this.#try(recipe, limitMs)
      if (trial.end === 'lost') lost.push(trial)
      else await this.#end(trial.scene, trial.end)
      if (trial.end !== 'broken') continue
      hitsMs.push(trial.playedMs)
      // What was lost on the server that is gone cannot be waited for any longer: it was seen, and stands.
      hitsMs.push(...lost.map(({ playedMs }) => playedMs))
      lost = []
    }
    const judged = await Promise.all(lost.map(async trial => ((await isViolated(trial.scene)) ? [trial.playedMs] : [])))
    for (const { scene } of lost) await scene.close()
    const all = [...hitsMs, ...judged.flat()]
    return { hits: all.length, slowestMs: all.length === 0 ? null : Math.max(...all) }
  }

  async #try(recipe: RaceRecipe, limitMs: number): Promise<Trial> {
    const { nowMs } = this.#context
    if (this.#server.hasExited() !== null) this.#server = await this.#context.startServer()
    const scene = this.#context.scene(this.#server)
    const player = new RacePlayer(this.#context, scene)
    const startMs = nowMs()
    for (let batch = 0; batch < MOST_BATCHES && (batch === 0 || nowMs() - startMs < limitMs); batch++) {
      try {
        await player.play(recipe)
        const playedMs = nowMs() - startMs
        if (!(await scene.trySettle(SILENCE_MS)) || scene.mishaps > 0) return { end: 'lost', playedMs, scene }
        player.finish()
      } catch (error) {
        if (!(error instanceof LossError || error instanceof StuckError || error instanceof ServerGoneError)) throw error
        return { end: 'broken', playedMs: nowMs() - startMs, scene }
      }
    }
    return { end: 'nothing', playedMs: nowMs() - startMs, scene }
  }

  /** A server that is stuck or dead is of no more use to anyone. */
  async #end(scene: Scene, end: Trial['end']): Promise<void> {
    await scene.close()
    if (end !== 'broken') return
    await this.#server.stop()
    this.#server = await this.#context.startServer()
  }
}

/** What came late after all was not lost. */
async function isViolated(scene: Scene): Promise<boolean> {
  try {
    await scene.quiet()
  } catch (error) {
    if (!(error instanceof StuckError || error instanceof ServerGoneError)) throw error
    return true
  }
  return judgeHistory(scene.recorder).length > 0
}
