/**
 * What the threads of a stuck server are at. A JVM and a Go program print it on SIGQUIT, a Python that was started with its fault handler
 * on does so on SIGABRT; of all others the kernel says where their threads wait. Nothing of the candidate is changed for it, but all of
 * these except a JVM end by it: so it is for a server that the verdict is done with.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { basename } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { trySignal } from './kill-tree.ts'
import type { RunningCandidate } from './running-candidate.ts'

const MAX_CHARACTERS = 64 * 1024
const DUMP_MS = 2000
const LOOK_MS = 50
/** Nothing more printed for so long: the dump is whole. */
const SILENT_LOOKS = 6
const MAX_THREADS = 200

const SHELLS: ReadonlySet<string> = new Set(['sh', 'dash', 'bash', 'busybox', 'env', 'setsid', 'prlimit'])

/** Empty where nothing can be known: a server that Assay did not start, or another system than Linux. */
export async function dumpStacks(server: RunningCandidate): Promise<string> {
  if (process.platform !== 'linux' || !server.canFreeze || server.hasExited() !== null) return ''
  const pids = server.pids().filter(pid => !SHELLS.has(programOf(pid)))
  const kernel = pids.map(describeThreads).join('\n')
  const signal = signalFor(server.language)
  const own = signal === undefined ? '' : await printed(server, pids, signal)
  return deadlockFirst(own === '' ? kernel : own)
    .trim()
    .slice(0, MAX_CHARACTERS)
}

/** A JVM names the deadlock it has found after all its threads; it is what a reader looks for. */
function deadlockFirst(text: string): string {
  const at = text.search(/^Found .*deadlock/m)
  return at < 0 ? text : `${text.slice(at).trimEnd()}\n\n${text.slice(0, at)}`
}

function signalFor(language: string): NodeJS.Signals | undefined {
  switch (language) {
    case 'java':
    case 'go':
      return 'SIGQUIT'
    case 'python':
      return 'SIGABRT'
    default:
      return undefined
  }
}

async function printed(server: RunningCandidate, pids: readonly number[], signal: NodeJS.Signals): Promise<string> {
  const before = server.printedBytes()
  for (const pid of pids) trySignal(pid, signal)
  let silent = 0
  let last = before
  for (let waitedMs = 0; waitedMs < DUMP_MS && silent < SILENT_LOOKS; waitedMs += LOOK_MS) {
    await sleep(LOOK_MS)
    const now = server.printedBytes()
    silent = now === last && now > before ? silent + 1 : 0
    last = now
  }
  return server.output(before)
}

/** One line for all threads in one state at one place, e.g. "12 threads: S, wait in futex_wait_queue (pool-1)". */
function describeThreads(pid: number): string {
  const counts = new Map<string, number>()
  for (const thread of threadsOf(pid)) {
    const folder = `/proc/${pid}/task/${thread}`
    const name = read(`${folder}/comm`).replace(/[-\d#/:]+$/, '')
    const place = read(`${folder}/wchan`)
    const state = /^State:\s*(\S+) \((.*)\)/m.exec(read(`${folder}/status`))?.[2] ?? 'unknown'
    const line = `${name}: ${state}${place === '' || place === '0' ? '' : `, waits in the kernel's ${place}`}`
    counts.set(line, (counts.get(line) ?? 0) + 1)
  }
  const lines = [...counts].sort(([, one], [, other]) => other - one).map(([line, count]) => `  ${String(count).padStart(4)} × ${line}`)
  return lines.length === 0 ? '' : [`process ${programOf(pid)}, its threads:`, ...lines].join('\n')
}

function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`).slice(0, MAX_THREADS)
  } catch {
    return []
  }
}

function programOf(pid: number): string {
  try {
    return basename(readlinkSync(`/proc/${pid}/exe`))
  } catch {
    return ''
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return ''
  }
}
