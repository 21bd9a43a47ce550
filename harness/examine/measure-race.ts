/** A race played on a control: every catch is counted and the hunt goes on, on a new server where the old one is dead or stuck. */
import type { RunningCandidate } from '../candidate/running-candidate.ts'
import type { CheckContext, CheckFinding } from './check.ts'
import { LossError, ServerGoneError, StuckError } from './patience.ts'
import type { RaceGame } from './race-hunt.ts'
import { RacePlayer } from './race-player.ts'
import { newTally } from './race-tally.ts'
import type { Scene } from './scene.ts'

/** A control's losses are only counted, so the silence after them may be short. */
const CONTROL_SILENCE_MS = 1000

export async function measureRace(
  context: CheckContext,
  game: RaceGame,
  limit: { readonly batches: number; readonly catches: number },
): Promise<CheckFinding> {
  const tally = newTally()
  const startMs = context.nowMs()
  let server: RunningCandidate = context.server
  let at: { scene: Scene; player: RacePlayer } | null = null
  while (tally.batches < limit.batches && tally.failedBatches < limit.catches) {
    const batch = tally.batches++
    tally.rounds += game.rounds
    if (at === null) {
      const scene: Scene = context.scene(server)
      at = { scene, player: new RacePlayer(context, scene) }
    }
    const { scene, player } = at
    const mishaps = scene.mishaps
    try {
      await player.play(game.plan(batch))
      const isComplete = await scene.trySettle(CONTROL_SILENCE_MS)
      if (isComplete) player.finish()
      if (isComplete && scene.mishaps === mishaps) continue
      tally.failedRounds += isComplete ? 1 : scene.lostChannels
    } catch (error) {
      if (!(error instanceof LossError || error instanceof StuckError || error instanceof ServerGoneError)) throw error
      tally.failedRounds++
      await server.stop()
      server = await context.startServer()
      at = null
    }
    tally.failedBatches++
    tally.firstFailureSeconds ??= (context.nowMs() - startMs) / 1000
  }
  const outcome = tally.failedBatches > 0 ? 'fail' : 'pass'
  return { outcome, reason: `${tally.failedBatches} of ${tally.batches} batches`, power: { statement: '', ...tally, control: null } }
}
