import type { RaceRecipe } from '../record/race-recipe.ts'
import type { CheckContext, CheckFinding } from './check.ts'
import { RacePlayer } from './race-player.ts'

const MOST_BATCHES = 400

/** One recipe played until it fails, with all the patience of a check, whose judge then draws what came of it. */
export async function playUntilItShows(context: CheckContext, recipe: RaceRecipe, limitMs: number): Promise<CheckFinding> {
  const scene = context.scene()
  const player = new RacePlayer(context, scene)
  const startMs = context.nowMs()
  for (let batch = 0; batch < MOST_BATCHES && context.nowMs() - startMs < limitMs; batch++) {
    await player.play(recipe)
    if (!(await scene.trySettle()) || scene.mishaps > 0) break
    player.finish()
  }
  await scene.quiet()
  return { outcome: 'pass', reason: 'It did not show again.' }
}
