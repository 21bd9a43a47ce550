import { allPids, environmentOf, readStat, type ProcessStat } from './process-stat.ts'

/** How long a process that is not of the tree is taken to stay so before its pid is looked at anew (pids are used again). */
const FORGET_STRANGERS_MS = 5000

/** The parent of all threads of the kernel, which have no environment. */
const KERNEL_PARENT_PID = 2

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
  /** Processes found not to belong, with their start: a pid that is used again is another process. */
  #strangers = new Map<number, number>()
  /** Seen in this scan in the middle of becoming another program, when nobody can tell. */
  readonly #undecided = new Set<number>()
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
    this.#undecided.clear()
    const looked = this.#lookAround(options.afresh === true)
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
      if (!members.has(stat.pid) && !this.#undecided.has(stat.pid)) this.#strangers.set(stat.pid, stat.startTicks)
    }
    this.#members = new Map([...members.values()].map(stat => [stat.pid, stat.startTicks]))
    return [...members.values()].sort((a, b) => a.startTicks - b.startTicks || a.pid - b.pid)
  }

  #lookAround(afresh: boolean): ProcessStat[] {
    const nowMs = this.#now()
    if (nowMs - this.#strangersSinceMs > FORGET_STRANGERS_MS) {
      this.#strangers.clear()
      this.#strangersSinceMs = nowMs
    }
    return allPids()
      .filter(pid => afresh || !this.#strangers.has(pid))
      .map(readStat)
      .filter(stat => stat !== undefined)
  }

  #belongs(stat: ProcessStat, members: ReadonlyMap<number, ProcessStat>): boolean {
    if (stat.pid === this.#rootPid || members.has(stat.parentPid)) return true
    if (this.#members.get(stat.pid) === stat.startTicks) return true
    // Reading an environment may have to wait for a process that is busy forking, so nobody is asked twice.
    if (this.#strangers.get(stat.pid) === stat.startTicks) return false
    if (this.#marker === undefined || stat.pid === KERNEL_PARENT_PID || stat.parentPid === KERNEL_PARENT_PID) return false
    const environment = environmentOf(stat.pid)
    if (environment?.length === 0) this.#undecided.add(stat.pid)
    return environment?.includes(this.#marker) ?? false
  }
}
