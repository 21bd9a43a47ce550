import { readdirSync, readFileSync, statSync } from 'node:fs'
import { pageBytes } from './page-bytes.ts'

/** Linux counts CPU time in ticks; user space has always been told 100 a second (`getconf CLK_TCK`), whatever the kernel's own rate. */
const TICKS_PER_SECOND = 100

/** One line of `/proc/PID/stat`, as far as we need it. */
export type ProcessStat = {
  readonly pid: number
  readonly command: string
  /** R, S, D, Z (a zombie: ended, not yet reaped), T (stopped), … */
  readonly state: string
  readonly parentPid: number
  readonly groupId: number
  readonly sessionId: number
  /** Its own and its reaped children's user and system time. */
  readonly cpuSeconds: number
  readonly threads: number
  /** Ticks since boot; with the pid it names a process for good, since pids are used again. */
  readonly startTicks: number
  readonly rssBytes: number
}

/** Every pid now alive, or an empty list where there is no `/proc`. */
export function allPids(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger)
  } catch {
    return []
  }
}

/** Processes and threads of the whole machine, from one small file; 0 where there is none. */
export function countAllTasks(): number {
  return Number(/\/(\d+) \d+$/.exec(readText('/proc/loadavg')?.trim() ?? '')?.[1] ?? 0)
}

/** `undefined` when the process is gone (or there is no `/proc`). */
export function readStat(pid: number): ProcessStat | undefined {
  const line = readText(`/proc/${pid}/stat`)
  if (line === undefined) return undefined
  // The command stands in parentheses and may itself hold spaces and parentheses: the last one ends it.
  const close = line.lastIndexOf(')')
  const field = line.slice(close + 2).split(' ')
  const numberAt = (index: number): number => Number(field[index - 3] ?? 0)
  return {
    pid,
    command: line.slice(line.indexOf('(') + 1, close),
    state: field[0] ?? '?',
    parentPid: numberAt(4),
    groupId: numberAt(5),
    sessionId: numberAt(6),
    cpuSeconds: (numberAt(14) + numberAt(15) + numberAt(16) + numberAt(17)) / TICKS_PER_SECOND,
    threads: numberAt(20),
    startTicks: numberAt(22),
    rssBytes: numberAt(24) * pageBytes(),
  }
}

/** Open descriptors; 0 when the process is gone or not ours to look at. */
export function countDescriptors(pid: number): number {
  try {
    // Since Linux 6.2 the folder's size is the count; before, it is 0 and the names have to be counted.
    const size = statSync(`/proc/${pid}/fd`).size
    return size > 0 ? size : readdirSync(`/proc/${pid}/fd`).length
  } catch {
    return 0
  }
}

/** CPU time of all living threads in nanoseconds, from the scheduler's own clock: far finer than the ticks of `stat`. */
export function threadCpuNanoseconds(pid: number): number {
  let total = 0
  for (const thread of threadIds(pid)) {
    total += Number(readText(`/proc/${pid}/task/${thread}/schedstat`)?.split(' ')[0] ?? 0)
  }
  return total
}

/** The state of each of its threads; the one in `stat` is the first thread's alone. */
export function threadStates(pid: number): string[] {
  return threadIds(pid).flatMap(thread => {
    const line = readText(`/proc/${pid}/task/${thread}/stat`)
    return line === undefined ? [] : [line.charAt(line.lastIndexOf(')') + 2)]
  })
}

/** Whether the process was started with `NAME=value` in its environment. */
export function hasInEnvironment(pid: number, assignment: string): boolean {
  return environmentOf(pid)?.includes(assignment) ?? false
}

/**
 * The assignments that the process was started with; `undefined` when it is gone or not ours to look at. Empty for a kernel's thread, and
 * for a moment while a process is replacing itself by another program.
 */
export function environmentOf(pid: number): string[] | undefined {
  return readText(`/proc/${pid}/environ`)
    ?.split('\0')
    .filter(assignment => assignment !== '')
}

function threadIds(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`)
  } catch {
    return []
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return undefined
  }
}
