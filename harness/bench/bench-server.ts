/** A candidate started for the benchmark, pinned, and what it cost while something was done to it. */
import { join } from 'node:path'
import { resolveTarget } from '../candidate/find-candidate.ts'
import type { RunningCandidate } from '../candidate/running-candidate.ts'
import { startCandidate } from '../candidate/start-candidate.ts'
import { pinToCore, SERVER_CORE } from './pinning.ts'

/** `path` from the package's root, e.g. `reference/chat`. */
export async function startBenchServer(root: string, path: string, signal: AbortSignal): Promise<RunningCandidate> {
  const server = await startCandidate(await resolveTarget(join(root, path)), { signal, containment: 'group' })
  for (const pid of server.pids()) pinToCore(pid, SERVER_CORE)
  return server
}

export function cpuSecondsOf(server: RunningCandidate): number {
  return server.preciseCpuSeconds() ?? server.sample()?.cpuSeconds ?? NaN
}
