/**
 * Examines one candidate: starts it, puts it through the checks one after the other, each on the server it asks for, and leaves a record.
 * Whatever ends a check, a violation that its history shows by then is what decides.
 */
import type { ContainmentName } from '../candidate/contain-level.ts'
import { CandidateFault } from '../candidate/fault.ts'
import type { Target } from '../candidate/find-candidate.ts'
import type { RunningCandidate } from '../candidate/running-candidate.ts'
import { startCandidate } from '../candidate/start-candidate.ts'
import { CHECK_RECORD_VERSION, type CheckRecord, type CheckResult } from '../record/check-record.ts'
import { createReadArea } from '../wire/read-area.ts'
import type { Check } from './check.ts'
import { CHECKS } from './check-list.ts'
import { controlAnswer } from './control-answer.ts'
import { runCheck } from './run-check.ts'

const READ_WINDOW_BYTES = 1024 * 1024

export interface ExamineOptions {
  readonly target: Target
  /** As the user gave it; stands in the record. */
  readonly targetText?: string
  /** Only checks whose id is one of these or begins with one of them (`s1.race` takes all race checks). Default: all. */
  readonly only?: readonly string[]
  /** Up to which stage; what was not asked for is `not attempted`. Default 3. */
  readonly stage?: 1 | 2 | 3
  /** Stage 1, `safe.*`, `s2.isolation` and `s2.recovery`, with smaller provocations. */
  readonly quick?: boolean
  /** 0 to 2^53-1. */
  readonly seed: number
  /** How many times to go through all checks, 1 to 100. Default 1. */
  readonly repeat?: number
  readonly signal?: AbortSignal
  readonly containment?: ContainmentName
  readonly buildNetwork?: boolean
  /** Of a server that Assay did not start: its process, for sampling. */
  readonly pid?: number
  readonly onProgress?: (progress: ExamineProgress) => void
  /** Called after each check with the record so far, which says that it is not whole: to be kept in case nothing follows. */
  readonly onRecord?: (record: CheckRecord) => void
  readonly onOutput?: (text: string) => void
}

export interface ExamineProgress {
  readonly checkId: string
  readonly text: string
  /** Checks done, of so many. */
  readonly done: number
  readonly total: number
  /** Set when the check has just ended. */
  readonly result?: CheckResult
}

/**
 * @throws MisuseError when nothing listens at the URL, or a filter names no check. A candidate that does not build or start gives a record
 * with status `failed`.
 */
export async function examineCandidate(options: ExamineOptions): Promise<CheckRecord> {
  const examination = new Examination(options)
  return await examination.run()
}

class Examination {
  readonly #options: ExamineOptions
  readonly #startedAt = new Date()
  readonly #startMs = performance.now()
  readonly #area = createReadArea(READ_WINDOW_BYTES)
  readonly #results: CheckResult[] = []
  readonly #signal: AbortSignal
  #shared: RunningCandidate | null = null
  #containment = ''
  #output = ''

  constructor(options: ExamineOptions) {
    this.#options = options
    this.#signal = options.signal ?? new AbortController().signal
  }

  async run(): Promise<CheckRecord> {
    try {
      for (let repetition = 1; repetition <= (this.#options.repeat ?? 1); repetition++) await this.#goThrough(repetition)
      return this.#record('finished', '')
    } catch (error) {
      if (this.#signal.aborted) return this.#record('interrupted', 'Interrupted before the end; what was found until then is kept.')
      if (!(error instanceof CandidateFault)) throw error
      this.#output = error.output
      return this.#record('failed', error.message)
    } finally {
      await this.#stopShared()
    }
  }

  async #goThrough(repetition: number): Promise<void> {
    const wanted = CHECKS.map(check => ({ check, whyNot: this.#whyNotAsked(check) }))
    let done = 0
    const total = wanted.filter(({ whyNot }) => whyNot === null).length
    for (const { check, whyNot } of wanted) {
      const unable = whyNot ?? this.#whyUnable(check)
      if (unable !== null) {
        this.#results.push(notAttempted(check, unable, repetition))
        continue
      }
      this.#report({ checkId: check.id, text: 'begins', done, total })
      const result = await this.#runOne(check, repetition, text => this.#report({ checkId: check.id, text, done, total }))
      done++
      this.#results.push(result)
      this.#report({ checkId: check.id, text: result.outcome, done, total, result })
    }
    await this.#stopShared()
  }

  async #runOne(check: Check, repetition: number, progress: (text: string) => void): Promise<CheckResult> {
    const { options, server } = { options: this.#options, server: await this.#serverFor(check) }
    const result = await runCheck(check, {
      server,
      start: async startOptions => await this.#start(startOptions),
      area: this.#area,
      seed: options.seed,
      repetition,
      quick: options.quick ?? false,
      manifest: options.target.kind === 'manifest' ? options.target.manifest : null,
      signal: this.#signal,
      measure: null,
      control: async one => await controlAnswer(one, options.target, this.#signal),
      progress,
    })
    this.#output = server.output()
    const isSpoiled = result.outcome !== 'pass' || server.hasExited() !== null
    if (check.server === 'fresh' && options.target.kind === 'manifest') await server.stop()
    else if (isSpoiled) await this.#stopShared()
    return result
  }

  async #serverFor(check: Check): Promise<RunningCandidate> {
    this.#signal.throwIfAborted()
    if (check.server === 'fresh') return await this.#start()
    if (this.#shared === null || this.#shared.hasExited() !== null) this.#shared = await this.#start()
    return this.#shared
  }

  async #start(more: Parameters<typeof startCandidate>[1] = {}): Promise<RunningCandidate> {
    const { target, containment, buildNetwork, pid, onOutput } = this.#options
    const server = await startCandidate(target, { signal: this.#signal, containment, buildNetwork, pid, onOutput, ...more })
    this.#containment = server.containment?.summary ?? 'containment: none (Assay did not start this server)'
    return server
  }

  async #stopShared(): Promise<void> {
    const shared = this.#shared
    this.#shared = null
    await shared?.stop()
  }

  #whyNotAsked(check: Check): string | null {
    const { only, stage = 3, quick = false } = this.#options
    if (only !== undefined && !only.some(prefix => check.id === prefix || check.id.startsWith(`${prefix}.`)))
      return 'Not asked for (--only).'
    if (only === undefined && quick && !isQuick(check)) return 'Left out by --quick.'
    if (only === undefined && check.stage !== 'safe' && Number(check.stage) > stage) return `Not asked for (--stage ${stage}).`
    return null
  }

  #whyUnable(check: Check): string | null {
    const { target, pid } = this.#options
    for (const need of check.needs) {
      switch (need) {
        case 'usernames':
          if (target.kind !== 'manifest' || target.manifest.usernames === undefined) return 'The manifest declares no `usernames` policy.'
          break
        case 'freeze':
          if (target.kind !== 'manifest') return 'Assay did not start this server and so does not freeze it.'
          if (process.platform !== 'linux') return 'needs Linux'
          break
        case 'own process':
          if (target.kind !== 'manifest' && pid === undefined) return 'Assay did not start this server and so does not see its process.'
          if (process.platform !== 'linux') return 'needs Linux'
          break
      }
    }
    return null
  }

  #report(progress: ExamineProgress): void {
    this.#options.onProgress?.(progress)
    if (progress.result === undefined || this.#options.onRecord === undefined) return
    this.#options.onRecord(this.#record('interrupted', 'The examination had not ended when this was written.'))
  }

  #record(status: CheckRecord['status'], statusText: string): CheckRecord {
    const { target, targetText, seed, quick } = this.#options
    const manifest = target.kind === 'manifest' ? target.manifest : null
    const transport = manifest?.transport ?? (target.kind === 'url' ? target.transport : 'tcp')
    return {
      kind: 'assay-check',
      version: CHECK_RECORD_VERSION,
      candidate: manifest?.name ?? (target.kind === 'url' ? target.url : ''),
      language: manifest?.language ?? 'unknown',
      transport: transport === 'ws' ? 'ws' : 'tcp',
      target: targetText ?? (target.kind === 'manifest' ? target.file : target.url),
      containment: this.#containment,
      status,
      statusText,
      startedAt: this.#startedAt.toISOString(),
      endedAt: new Date().toISOString(),
      durationMs: performance.now() - this.#startMs,
      seed,
      quick: quick ?? false,
      slaMs: manifest?.sla.p99Ms ?? 1000,
      usernames: manifest?.usernames ?? null,
      suggestedGrade: null,
      checks: this.#results,
      output: this.#output,
    }
  }
}

function isQuick(check: Check): boolean {
  return check.stage === '1' || check.stage === 'safe' || check.id === 's2.isolation' || check.id === 's2.recovery'
}

function notAttempted(check: Check, reason: string, repetition: number): CheckResult {
  const { id, stage, title } = check
  return { id, stage, title, outcome: 'not attempted', reason, evidence: [], power: null, figures: {}, durationMs: 0, repetition }
}
