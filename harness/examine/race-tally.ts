/** What was played of a race so far: the figures of a check's power. */
import type { CheckPower } from '../record/check-record.ts'
import type { ControlAnswer } from './check.ts'

/** -ln 0.001: nothing in n batches leaves one chance in a thousand for what fails in a share of 6.91/n of them. */
const NOTHING_SEEN = 6.91
/** Above it a bound says nothing that the figures do not. */
const WORTH_SAYING_SHARE = 0.7

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
  return { statement: statementOf(tally, control), ...tally, control: typeof control === 'string' ? null : control }
}

function statementOf({ failedRounds, rounds, failedBatches, batches }: RaceTally, control: ControlAnswer): string {
  const yours = `${failedRounds} of ${rounds} rounds, in ${failedBatches} of ${batches} batches`
  if (failedBatches > 0) return `This server failed in ${yours}.`
  const bound = boundOf(batches)
  switch (control) {
    case 'unknown':
      return `This server failed in ${yours}. There is no control for it in this language, so the power of this check is not shown.${bound}`
    case 'unusable':
      return `This server failed in ${yours}. The control for it did not build or start here, so the power of this check is not shown; \`assay calibrate\` with the language says why.${bound}`
    default:
      return `The racy control (${control.name}) failed in ${control.failedRounds} of ${control.rounds} rounds, in ${control.failedBatches} of ${control.batches} batches; this server in ${yours}.${bound}`
  }
}

/** Rounds of a batch share its fate, so a bound is claimed over batches alone. */
function boundOf(batches: number): string {
  const share = NOTHING_SEEN / batches
  if (share > WORTH_SAYING_SHARE) return ''
  return ` What fails in ${(share * 100).toFixed(0)} % of such batches on this machine would have been missed once in a thousand times.`
}
