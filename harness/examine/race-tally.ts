/** What was played of a race so far: the figures of a check's power. */
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
