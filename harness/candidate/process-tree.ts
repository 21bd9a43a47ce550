import { allPids, hasInEnvironment, readStat, type ProcessStat } from './process-stat.ts'

/** How long a process that is not of the tree is taken to stay so before its pid is looked at anew (pids are used again). */
const FORGET_STRANGERS_MS = 5000

/**
 * All processes that came from one candidate: descendants of its root, those that forked away into a session of their own (found by a
 * marker in their environment), and descendants of these. Linux only; elsewhere it is always empty.
 *
 * A process that forks away and wipes its environment as well is found only while a parent of it lives, unless it is contained: then
 * orphans stay below the container's first process and are never out of reach.
 */
export class ProcessTree {
  readonly #rootPid: number
  readonly #marker: string | undefined
  readonly #now: () => number
  #members = new Map<number, number>()
  #strangers = new Set<number>()
  #strangersSinceMs: number

  /** `marker` is an assignment such as `ASSAY_CANDIDATE=x`; `now` a monotonic clock in milliseconds. */
  constructor(rootPid: number, marker: string | undefined, now: () => number) {
    this.#rootPid = rootPid
    this.#marker = marker
    this.#now = now
    this.#strangersSinceMs = now()
  }

  /**
   * Every process of the tree (zombies too), the oldest first. Processes found not to belong are not looked at again for a while;
   * `afresh` looks at all, for the moment in which nothing may be overlooked.
   */
  scan(options: { afresh?: boolean } = {}): ProcessStat[] {
    if (options.afresh === true) this.#strangers.clear()
    const looked = this.#lookAround()
    const members = new Map<number, ProcessStat>()
    let grown = true
    // Parents usually have smaller pids than their children, so this settles in one or two rounds; pids wrap, hence the loop.
    while (grown) {
      grown = false
      for (const stat of looked) {
        if (members.has(stat.pid) || !this.#belongs(stat, members)) continue
        members.set(stat.pid, stat)
        grown = true
      }
    }
    for (const stat of looked) {
      if (!members.has(stat.pid)) this.#strangers.add(stat.pid)
    }
    this.#members = new Map([...members.values()].map(stat => [stat.pid, stat.startTicks]))
    return [...members.values()].sort((a, b) => a.startTicks - b.startTicks || a.pid - b.pid)
  }

  #lookAround(): ProcessStat[] {
    const nowMs = this.#now()
    if (nowMs - this.#strangersSinceMs > FORGET_STRANGERS_MS) {
      this.#strangers.clear()
      this.#strangersSinceMs = nowMs
    }
    return allPids()
      .filter(pid => !this.#strangers.has(pid))
      .map(readStat)
      .filter(stat => stat !== undefined)
  }

  #belongs(stat: ProcessStat, members: ReadonlyMap<number, ProcessStat>): boolean {
    if (stat.pid === this.#rootPid || members.has(stat.parentPid)) return true
    if (this.#members.get(stat.pid) === stat.startTicks) return true
    return this.#marker !== undefined && hasInEnvironment(stat.pid, this.#marker)
  }
}
