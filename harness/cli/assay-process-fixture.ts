/** For tests: the command line as its users have it, built and in a process of its own. Needs Linux to follow its processes. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { allPids, readStat } from '../candidate/process-stat.ts'
import { type RunRecord, runRecordSchema } from '../record/run-record.ts'
import { PACKAGE_ROOT } from './package-root.ts'

const LIMIT_MS = 110_000
const STEP_MS = 20
/** How often a run is played that a full machine has made inconclusive. */
const MAX_PLAYS = 2
const INCONCLUSIVE = 2

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export class AssayProcess {
  stdout = ''
  stderr = ''
  readonly ended: Promise<Ended>
  readonly #child: ChildProcess

  /** `env` is added to this process's own. */
  constructor(args: readonly string[], cwd: string, entry = join(PACKAGE_ROOT, 'bin', 'assay.js'), env: NodeJS.ProcessEnv = {}) {
    const child = spawn(process.execPath, [entry, ...args], {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: LIMIT_MS,
    })
    child.stdout.setEncoding('utf8').on('data', (text: string) => (this.stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text))
    this.ended = new Promise(resolve => {
      child.on('close', code => resolve({ code, stdout: this.stdout, stderr: this.stderr }))
    })
    this.#child = child
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Waits until it has printed something that matches. */
  async says(pattern: RegExp): Promise<void> {
    for (let waitedMs = 0; waitedMs < LIMIT_MS; waitedMs += STEP_MS) {
      if (pattern.test(this.stdout + this.stderr)) return
      await sleep(STEP_MS)
    }
    throw new Error(`Expected ${String(pattern)} within ${LIMIT_MS} ms, got: ${this.stdout}${this.stderr}`)
  }

  /** Everything that it has started and that still runs: its children, and theirs. */
  descendants(): number[] {
    const parents = new Map(allPids().map(pid => [pid, readStat(pid)?.parentPid ?? 0]))
    const found = new Set([this.#child.pid ?? -1])
    // Each round finds one generation more.
    for (let before = 0; before !== found.size;) {
      before = found.size
      for (const [pid, parent] of parents) if (found.has(parent)) found.add(pid)
    }
    found.delete(this.#child.pid ?? -1)
    return [...found]
  }
}

/** Those of the processes that still run; one that has ended and that nobody has asked about yet (a zombie) does not. */
export function runningOf(pids: readonly number[]): number[] {
  return pids.filter(pid => {
    const state = readStat(pid)?.state
    return state !== undefined && state !== 'Z' && state !== 'X'
  })
}

/** An empty folder to work in, with a small scenario in it, `brief.yaml`: two seconds, no latency that a busy machine could miss. */
export class AssayDesk {
  readonly folder = mkdtempSync(join(tmpdir(), 'assay-cli-'))

  constructor() {
    this.write('brief.yaml', BRIEF)
  }

  path(name: string): string {
    return join(this.folder, name)
  }

  write(name: string, text: string): void {
    writeFileSync(this.path(name), text)
  }

  start(...args: string[]): AssayProcess {
    return new AssayProcess(args, this.folder)
  }

  run(...args: string[]): Promise<Ended> {
    return this.start(...args).ended
  }

  /** As `run`; a run that is inconclusive, as it must be while others take the whole machine, is played again. */
  async runUntilConclusive(...args: string[]): Promise<Ended> {
    let ended = await this.run(...args)
    for (let plays = 1; ended.code === INCONCLUSIVE && plays < MAX_PLAYS; plays++) ended = await this.run(...args)
    return ended
  }

  /** The record in a run's folder, held against the published schema. */
  record(folder: string): RunRecord {
    return runRecordSchema.parse(JSON.parse(readFileSync(join(this.path(folder), 'run.json'), 'utf8')))
  }

  /** The exit code that a run without a fault has to give: a machine too full to play it is said to be so, and nothing else may be in the way. */
  codeWithoutFault(folder: string): number {
    const { verdict, reasons, generator } = this.record(folder).summary
    if (verdict === 'inconclusive' && generator.saturated && reasons[0]?.includes('generator saturated') === true) return INCONCLUSIVE
    if (verdict === 'pass') return 0
    throw new Error(`Expected a pass, got ${verdict}: ${reasons.join(' ')}`)
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

const BRIEF = `name: brief
about: A short run for tests.
users: 20
channels: 2
membership: { kind: fixed, channelsPerUser: 1 }
arrival: { model: open, process: constant, ratePerSecond: 50 }
body: { bytes: 60 }
phases:
  - { name: warm-up, kind: warm-up, seconds: 0.2 }
  - { name: hold, kind: hold, seconds: 1 }
slaMs: 5000
thresholds:
  minDeliveries: 100
`
