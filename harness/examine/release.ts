import type { CheckContext } from './check.ts'
import type { RunningCandidate } from '../candidate/running-candidate.ts'

/** How a batch of requests is let loose: `freeze` stops the server, loads its sockets and lets it go on, so that all are readable at once. */
export type ReleaseKind = 'freeze' | 'burst'

/** Time for what was written to reach the other side's sockets. */
const LOADED_MS = 4

export async function release(context: CheckContext, server: RunningCandidate, kind: ReleaseKind, load: () => void): Promise<void> {
  if (kind === 'burst' || !server.canFreeze) {
    load()
    return
  }
  server.freeze()
  try {
    load()
    await context.patience.pause(LOADED_MS)
  } finally {
    server.thaw()
  }
}

export function releaseOf(batch: number): ReleaseKind {
  return batch % 2 === 0 ? 'freeze' : 'burst'
}
