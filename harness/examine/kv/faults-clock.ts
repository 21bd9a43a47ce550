/** Nodes whose clocks are wrong, by libfaketime; only where it is certain that a node's own process sees the wrong time. */
import { existsSync, readFileSync } from 'node:fs'
import { readdir, readFile, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { basename, join } from 'node:path'
import type { KvNode } from './kv-node.ts'

/** Where Debian and others keep it. */
const LIBRARY_FOLDERS = [
  '/usr/lib/x86_64-linux-gnu/faketime',
  '/usr/lib/aarch64-linux-gnu/faketime',
  '/usr/lib/faketime',
  '/usr/lib64/faketime',
]
const SHARED_MEMORY = '/dev/shm'
const LIBRARY = 'libfaketimeMT.so.1'
/** Go asks the kernel for the time without any library. */
const OUT_OF_REACH = ['go']
/**
 * A sleep until a moment of the monotonic clock, which Python's `time.sleep` is made of: with the library loaded it fails or lasts as long as
 * the clocks are apart. What calls it would be examined with broken timers.
 */
const BROKEN_SLEEP = 'clock_nanosleep'
/** These offer it to others. */
const OFFERS_SLEEP = /\/(?:libc[.-]|libpthread|ld-|libfaketime)/
const DATE_TIMEOUT_MS = 2000
/** A Date header has whole seconds, and the answer takes its time. */
const DATE_MARGIN_MS = 5000

export interface ClockFault {
  /** What has to be in the environment of a process for its clock to be so far ahead (or behind, below 0), in whole seconds. */
  environment(offsetSeconds: number): Readonly<Record<string, string>>
}

/** Why clocks cannot be offset here, as a sentence; or how to. */
export function findClockFault(language: string): ClockFault | string {
  if (OUT_OF_REACH.includes(language)) return `Clock offsets not attempted: faketime does not reach ${language}.`
  const library = LIBRARY_FOLDERS.map(folder => join(folder, LIBRARY)).find(existsSync)
  if (library === undefined) return 'Clock offsets not attempted: that needs faketime (apt-get install faketime).'
  return {
    environment: offsetSeconds => ({
      LD_PRELOAD: library,
      FAKETIME: `${offsetSeconds < 0 ? '-' : '+'}${Math.abs(offsetSeconds)}s`,
      // Timers must go on as they are: only the time of day is wrong.
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      FAKETIME_DONT_RESET: '1',
      // Its own treatment of monotonic waits makes a Java process wait for ever.
      FAKETIME_FORCE_MONOTONIC_FIX: '0',
    }),
  }
}

/**
 * Whether the node's own process has a clock that is wrong by so much: by the Date header of its answers, or, where it sends none, by
 * whether the library is loaded in one of its processes. `null`: it has; otherwise why that is not certain.
 */
export async function whyClockIsNotOffset(node: KvNode, offsetSeconds: number, wallMs: () => number): Promise<string | null> {
  const broken = await whoseSleepBreaks(node.server.pids())
  if (broken !== null) return `Clock offsets not attempted: faketime breaks the sleep of ${broken}.`
  const date = await dateOf(node)
  if (date === null) {
    const isLoaded = node.server.pids().some(pid => mapsOf(pid).includes(LIBRARY))
    return isLoaded ? null : `Clock offsets not attempted: the library is not in node ${node.name}'s process.`
  }
  const seenMs = date - wallMs()
  const isOffset = Math.abs(seenMs - offsetSeconds * 1000) <= DATE_MARGIN_MS
  return isOffset
    ? null
    : `Clock offsets not attempted: node ${node.name} says that its clock is ${Math.round(seenMs / 1000)} s ahead, not ${offsetSeconds} s.`
}

/** The first program or library in these processes that sleeps in a way that faketime does not bear; `null` if there is none. */
export async function whoseSleepBreaks(pids: readonly number[]): Promise<string | null> {
  const looked = new Set<string>()
  for (const pid of pids) {
    for (const file of mapsOf(pid).match(/(?<= r-xp .* )\/\S+$/gm) ?? []) {
      if (OFFERS_SLEEP.test(file) || looked.has(file)) continue
      looked.add(file)
      // What a contained process calls by this name may lie elsewhere for us.
      const program = await readFile(`/proc/${pid}/root${file}`).catch(async () => await readFile(file).catch(() => null))
      if (program?.includes(BROKEN_SLEEP) === true) return basename(file)
    }
  }
  return null
}

/** The library leaves two small files in shared memory for each process that was killed: those of processes that are no more are removed. */
export async function removeClockLeftovers(): Promise<void> {
  const names = await readdir(SHARED_MEMORY).catch(() => [])
  for (const name of names) {
    const pid = /^(?:sem\.faketime_sem|faketime_shm)_(\d+)$/.exec(name)?.[1]
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) await rm(join(SHARED_MEMORY, name), { force: true })
  }
}

async function dateOf({ host, port }: KvNode): Promise<number | null> {
  return await new Promise(resolve => {
    const outgoing = request({ host, port, path: '/health', agent: false, timeout: DATE_TIMEOUT_MS }, response => {
      response.resume()
      const date = Date.parse(response.headers.date ?? '')
      resolve(Number.isNaN(date) ? null : date)
    })
    outgoing.on('timeout', () => outgoing.destroy())
    outgoing.on('error', () => resolve(null))
    outgoing.end()
  })
}

function mapsOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/maps`, 'latin1')
  } catch {
    // It ended meanwhile, or is not ours to look at.
    return ''
  }
}
