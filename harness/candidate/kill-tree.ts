import { setTimeout as sleep } from 'node:timers/promises'
import type { ProcessStat } from './process-stat.ts'

/** A tree that forks while it is being killed is hit again, this often at most; each round costs well under a millisecond. */
const MAX_ROUNDS = 2000
const ROUND_PAUSE_MS = 10
/** How long killed processes may take to vanish before we say so: one in uninterruptible sleep (a dying disk) can take for ever. */
const VANISH_TIMEOUT_MS = 10_000

/** Sends a signal; false when the process (or, for a negative number, the group) is gone or not ours. */
export function trySignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}

/**
 * Kills whatever `find` returns, again and again until it returns nothing alive. Everything is stopped before it is killed, so that a fork
 * bomb cannot refill the tree behind our back.
 */
export async function killAll(find: () => readonly ProcessStat[], now: () => number): Promise<void> {
  const deadlineMs = now() + VANISH_TIMEOUT_MS
  for (let round = 0; round < MAX_ROUNDS && now() < deadlineMs; round++) {
    if (killOnce(find) === 0) return
    await sleep(ROUND_PAUSE_MS)
  }
  const left = find().filter(isAlive)
  if (left.length > 0)
    throw new Error(
      `Expected every process of the candidate to end after SIGKILL; these did not: ${left.map(stat => stat.pid).join(', ')}.`,
    )
}

/** The same without waiting in between: for the moment in which our own process ends. */
export function killAllNow(find: () => readonly ProcessStat[]): void {
  for (let round = 0; round < 20; round++) {
    if (killOnce(find) === 0) return
  }
}

/** Stops a whole tree, and returns once a look around finds nothing of it still running (or after a bounded number of looks). */
export function stopAll(find: () => readonly ProcessStat[]): readonly ProcessStat[] {
  let found = find().filter(isAlive)
  for (let round = 0; round < 50; round++) {
    const running = found.filter(stat => stat.state !== 'T')
    if (running.length === 0) break
    for (const stat of running) trySignal(stat.pid, 'SIGSTOP')
    found = find().filter(isAlive)
  }
  return found
}

function killOnce(find: () => readonly ProcessStat[]): number {
  const found = stopAll(find)
  for (const stat of found) trySignal(stat.pid, 'SIGKILL')
  return found.length
}

function isAlive(stat: ProcessStat): boolean {
  return stat.state !== 'Z' && stat.state !== 'X'
}
