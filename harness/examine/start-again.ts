import { CandidateFault, MisuseError } from '../candidate/fault.ts'
import type { RunningCandidate } from '../candidate/running-candidate.ts'

/**
 * Starts a candidate that was up before. Where Assay did not start it, and nobody listens there any more, that is the server's fault and no
 * longer of whoever named it.
 */
export async function startAgain(before: RunningCandidate | null, start: () => Promise<RunningCandidate>): Promise<RunningCandidate> {
  try {
    return await start()
  } catch (error) {
    if (before === null || before.containment !== undefined || !(error instanceof MisuseError)) throw error
    throw new CandidateFault(`The server at ${before.url} no longer accepts connections. It did before, so it has ended or is stuck.`)
  }
}
