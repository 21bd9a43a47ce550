/** What was played of a race so far: the figures of a check's power. */
import type { CheckPower } from '../record/check-record.ts'
import type { ControlAnswer } from './check.ts'

export interface RaceTally {
  batches: number
  rounds: number
  failedBatches: number
  failedRounds: number
  /** From the beginning of the hunt to the end of the batch that failed, the wait for what was lost left out. */
  firstFailureSeconds: number | null
}

export function newTally(): RaceTally {
  return { batches: 0, rounds: 0, failedBatches: 0, failedRounds: 0, firstFailureSeconds: null }
}

export function racePower(tally: RaceTally, control: ControlAnswer): CheckPower {
  const yours = `${tally.failedRounds} of ${tally.rounds} rounds, in ${tally.failedBatches} of ${tally.batches} batches`
  const statement =
    tally.failedBatches > 0
      ? `This server failed in ${yours}.`
      : control === 'unknown'
        ? `This server failed in ${yours}. There is no control for it in this language, so the power of this check is not shown.`
        : `The racy control (${control.name}) failed in ${control.failedRounds} of ${control.rounds} rounds, in ${control.failedBatches} of ${control.batches} batches; this server in ${yours}.`
  return { statement, ...tally, control: control === 'unknown' ? null : control }
}
