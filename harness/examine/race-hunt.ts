/**
 * Plays a race again and again: batches on a freshly started server, then on the same one warm, each followed by a census. Before that it
 * learns what the controls of the language did, since a pass means nothing where even a sample with the race goes free.
 */
import type { RunningCandidate } from '../candidate/running-candidate.ts'
import type { CheckPower } from '../record/check-record.ts'
import type { Check, CheckContext, CheckFinding, ControlAnswer } from './check.ts'
import { LossError, ServerGoneError, StuckError } from './patience.ts'
import type { Scene } from './scene.ts'

export interface RaceGame {
  /** Channels (or names) contended for in a batch. */
  readonly rounds: number
  /** One batch: provokes, waits for acknowledgements and sends its census; what must be delivered is waited for by the hunt. */
  play(batch: number): Promise<void>
}

export type BeginRace = (context: CheckContext, scene: Scene) => Promise<RaceGame>

const QUICK_BATCHES = 16
const BATCHES = 40
/** At least as many batches as the control needed for five catches, three times over, but never more than this. */
const MOST_BATCHES = 150
const CONTROL_FACTOR = 3
/** A control's losses are only counted, so the silence after them may be short. */
const CONTROL_SILENCE_MS = 1000

/** What was played so far, for the check's power. */
interface Tally {
  batches: number
  rounds: number
  failedBatches: number
  failedRounds: number
  firstFailureSeconds: number | null
}

export async function huntRace(check: Check, context: CheckContext, begin: BeginRace): Promise<CheckFinding> {
  if (context.measure !== null) return await measureControl(context, begin, context.measure)
  const scene = context.scene()
  const tally = newTally()
  const startMs = context.nowMs()
  const game = await begin(context, scene)
  const playUpTo = async (batches: number): Promise<void> => {
    while (tally.batches < batches && tally.failedBatches === 0) {
      context.progress(`batch ${tally.batches + 1} of ${batches}`)
      tally.batches++
      tally.rounds += game.rounds
      await playBatch(scene, game, tally, (context.nowMs() - startMs) / 1000)
    }
  }
  await playUpTo(context.quick ? QUICK_BATCHES : BATCHES)
  // A failure stands for itself; only a pass needs the control beside it, and may need more batches because of it.
  const control = tally.failedBatches > 0 ? 'unknown' : await context.control(check)
  if (control !== 'unknown') await playUpTo(Math.min(MOST_BATCHES, (control.batchesForFive ?? 0) * CONTROL_FACTOR))
  await scene.quiet()
  return verdict(tally, control)
}

/** Judged by the rule, so a failing batch only ends the hunt; its history decides. */
async function playBatch(scene: Scene, game: RaceGame, tally: Tally, atSeconds: number): Promise<void> {
  const mishaps = scene.mishaps
  await game.play(tally.batches - 1)
  const isComplete = await scene.trySettle()
  if (isComplete && scene.mishaps === mishaps) return
  tally.failedBatches++
  tally.failedRounds += isComplete ? 1 : scene.lostChannels
  tally.firstFailureSeconds ??= atSeconds
}

function verdict(tally: Tally, control: ControlAnswer): CheckFinding {
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

function powerOf(tally: Tally, control: ControlAnswer): CheckPower {
  const yours = `${tally.failedRounds} of ${tally.rounds} rounds, in ${tally.failedBatches} of ${tally.batches} batches`
  const statement =
    tally.failedBatches > 0
      ? `This server failed in ${yours}.`
      : control === 'unknown'
        ? `This server failed in ${yours}. There is no control for it in this language, so the power of this check is not shown.`
        : `The racy control (${control.name}) failed in ${control.failedRounds} of ${control.rounds} rounds, in ${control.failedBatches} of ${control.batches} batches; this server in ${yours}.`
  return { statement, ...tally, control: control === 'unknown' ? null : control }
}

function newTally(): Tally {
  return { batches: 0, rounds: 0, failedBatches: 0, failedRounds: 0, firstFailureSeconds: null }
}

/** On a control every catch is counted and the hunt goes on, on a new server where the old one is dead or stuck. */
async function measureControl(context: CheckContext, begin: BeginRace, limit: { batches: number; catches: number }): Promise<CheckFinding> {
  const tally = newTally()
  const startMs = context.nowMs()
  let server: RunningCandidate = context.server
  let played: { scene: Scene; game: RaceGame } | null = null
  while (tally.batches < limit.batches && tally.failedBatches < limit.catches) {
    tally.batches++
    try {
      if (played === null) {
        const scene: Scene = context.scene(server)
        played = { scene, game: await begin(context, scene) }
      }
      tally.rounds += played.game.rounds
      const { scene, game } = played
      const mishaps = scene.mishaps
      await game.play(tally.batches - 1)
      const isComplete = await scene.trySettle(CONTROL_SILENCE_MS)
      if (isComplete && scene.mishaps === mishaps) continue
      tally.failedRounds += isComplete ? 1 : scene.lostChannels
    } catch (error) {
      if (!(error instanceof LossError || error instanceof StuckError || error instanceof ServerGoneError)) throw error
      tally.failedRounds++
      await server.stop()
      server = await context.startServer()
      played = null
    }
    tally.failedBatches++
    tally.firstFailureSeconds ??= (context.nowMs() - startMs) / 1000
  }
  const outcome = tally.failedBatches > 0 ? 'fail' : 'pass'
  return { outcome, reason: `${tally.failedBatches} of ${tally.batches} batches`, power: { statement: '', ...tally, control: null } }
}
