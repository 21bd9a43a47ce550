/** What programs other than the server and Assay take of this machine while a load is played: where they take much, a miss is nobody's limit. */
import { readdirSync, readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import type { RunningCandidate } from '../candidate/running-candidate.ts'

const LOOK_MS = 500
/** A machine that is less busy than this had a core for whoever wanted one. */
const FULL_SHARE = 0.85
/** Of a full machine, what others take of it must be this much to have been in the way. */
const OTHERS_SHARE = 0.15
/** And the server must have waited this share of the time, ready to run, for a core. */
const WAITING_SHARE = 0.1

export interface MachineUse {
  /** All in cores, medians over the time that was watched. */
  readonly busy: number
  readonly others: number
  /** How many of the server's threads were ready to run and had no core. */
  readonly waiting: number
}

export interface MachineWatch {
  stop(): MachineUse
}

/** CPU seconds since some beginning. */
interface CpuLook {
  readonly atMs: number
  readonly busy: number
  readonly own: number
  readonly server: number | null
  /** Seconds that its threads were ready and did not run. */
  readonly waited: number
}

export function watchMachine(server: RunningCandidate, nowMs: () => number): MachineWatch {
  const uses: MachineUse[] = []
  let before = look(server, nowMs())
  const timer = setInterval(() => {
    const now = look(server, nowMs())
    const use = useBetween(before, now)
    before = now
    if (use !== null) uses.push(use)
  }, LOOK_MS)
  return {
    stop: () => {
      clearInterval(timer)
      return {
        busy: middle(uses.map(({ busy }) => busy)),
        others: middle(uses.map(({ others }) => others)),
        waiting: middle(uses.map(({ waiting }) => waiting)),
      }
    },
  }
}

/** Whether others took so much of a machine of `cores` that what was missed may have been missed because of them. */
export function isDisturbed({ busy, others, waiting }: MachineUse, cores: number): boolean {
  return busy >= cores * FULL_SHARE && others >= cores * OTHERS_SHARE && waiting >= WAITING_SHARE
}

function look(server: RunningCandidate, atMs: number): CpuLook {
  const busyMs = cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0)
  const { user, system } = process.cpuUsage()
  return {
    atMs,
    busy: busyMs / 1000,
    own: (user + system) / 1e6,
    server: server.sample()?.cpuSeconds ?? null,
    waited: waitedSeconds(server),
  }
}

/** From the scheduler's own account, `proc_pid_schedstat(5)`: its second figure is the time spent waiting to run, in nanoseconds. */
function waitedSeconds(server: RunningCandidate): number {
  return server.pids().reduce((sum, pid) => sum + threadsOf(pid).reduce((all, thread) => all + waitedOf(pid, thread), 0), 0)
}

function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`)
  } catch {
    return []
  }
}

/** 0 for a thread that has just ended. */
function waitedOf(pid: number, thread: string): number {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[1]) / 1e9
  } catch {
    return 0
  }
}

/** `null` where the server's part is not known: then everything else would look like others'. */
function useBetween(before: CpuLook, now: CpuLook): MachineUse | null {
  const seconds = (now.atMs - before.atMs) / 1000
  if (before.server === null || now.server === null || seconds <= 0) return null
  const busy = (now.busy - before.busy) / seconds
  const known = (now.own - before.own + Math.max(0, now.server - before.server)) / seconds
  return { busy, others: Math.max(0, busy - known), waiting: Math.max(0, now.waited - before.waited) / seconds }
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}
