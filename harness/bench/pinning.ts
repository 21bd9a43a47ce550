/** Server on one core, generator on the other, where the machine has two and `taskset` is installed: else they would measure the scheduler. */
import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

export const SERVER_CORE = 0
export const GENERATOR_CORE = 1

/** All threads of the process. False where it could not be done; the figures are then said to be unpinned. */
export function pinToCore(pid: number, core: number): boolean {
  if (process.platform !== 'linux' || availableParallelism() < 2) return false
  return spawnSync('taskset', ['-a', '-c', '-p', String(core), String(pid)], { stdio: 'ignore' }).status === 0
}

/** The words before a command that start it pinned; none where that cannot be done. */
export function pinnedCommand(core: number, command: readonly string[]): readonly string[] {
  const canPin =
    process.platform === 'linux' && availableParallelism() >= 2 && spawnSync('taskset', ['-c', String(core), 'true']).status === 0
  return canPin ? ['taskset', '-c', String(core), ...command] : command
}
