/** What becomes of a race that was played: a failure stands for itself, a pass is worth what the controls of the language did. */
import type { CheckFinding, ControlAnswer } from './check.ts'
import { racePower, type RaceTally } from './race-tally.ts'

const CONTROL_FACTOR = 3

/** At least as many batches as the control needed for five catches, three times over. */
export function batchesWanted(control: ControlAnswer): number {
  return typeof control === 'string' ? 0 : (control.batchesForFive ?? 0) * CONTROL_FACTOR
}

export function raceVerdict(tally: RaceTally, control: ControlAnswer): CheckFinding {
  const power = racePower(tally, control)
  if (tally.failedBatches > 0) return { outcome: 'fail', reason: power.statement, power }
  if (typeof control === 'string') return { outcome: 'pass', reason: power.statement, power }
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
  if (tally.batches < batchesWanted(control)) {
    return {
      outcome: 'inconclusive',
      reason: `The racy control needed ${control.batchesForFive} batches to be caught five times; too many to play three times as many here.`,
      power,
    }
  }
  return { outcome: 'pass', reason: power.statement, power }
}
