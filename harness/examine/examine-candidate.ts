/**
 * Examines one candidate: puts it through the checks of its exercise one after the other, and leaves a record. Whatever ends a check, a violation that its history shows by then is what decides.
 */
import type { ContainmentName } from '../candidate/contain-level.ts'
import { CandidateFault } from '../candidate/fault.ts'
import type { Target } from '../candidate/find-candidate.ts'
import type { RunningCandidate } from '../candidate/running-candidate.ts'
import { startCandidate } from '../candidate/start-candidate.ts'
import { CHECK_RECORD_VERSION, type CheckRecord, type CheckResult } from '../record/check-record.ts'
import type { CheckDescription } from './check.ts'
import { distinctionOf, endedIdle } from './run-check.ts'
import type { CheckTask, Exercise, OpenExercise } from './exercise.ts'
import { exerciseOf } from './exercise-list.ts'
import { playGroup } from './play-group.ts'
import { startAgain } from './start-again.ts'
import { type Selection, whyNotAsked } from './selection.ts'

export interface ExamineOptions extends Selection {
  readonly target: Target
  /** As the user gave it; stands in the record. */
  readonly targetText?: string
  /** 0 to 2^53-1. */
  readonly seed: number
  /** How many times to go through all checks, 1 to 1000. Default 1. */
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
  readonly #exercise: Exercise
  readonly #open: OpenExercise
  readonly #startedAt = new Date()
  readonly #startMs = performance.now()
  readonly #results: CheckResult[] = []
  readonly #signal: AbortSignal
  /** The server that was started last. */
  #before: RunningCandidate | null = null
  #containment = ''
  #output: string | undefined

  constructor(options: ExamineOptions) {
    const { target, seed, quick = false, pid } = options
    this.#options = options
    this.#signal = options.signal ?? new AbortController().signal
    this.#exercise = exerciseOf(target)
    this.#open = this.#exercise.open({
      target,
      manifest: target.kind === 'manifest' ? target.manifest : null,
      seed,
      quick,
      pid,
      signal: this.#signal,
      start: async startOptions => await this.#start(startOptions),
    })
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
      await this.#open.rest()
    }
  }

  async #goThrough(repetition: number): Promise<void> {
    const wanted = this.#open.tasks.map(task => ({ task, whyNot: whyNotAsked(task.check, this.#exercise, this.#options) }))
    const able = wanted.filter(({ task, whyNot }) => (whyNot ?? task.whyUnable) === null).map(({ task }) => task)
    let done = 0
    const total = wanted.filter(({ whyNot }) => whyNot === null).length
    const progress = ({ check }: CheckTask, text: string): void => this.#report({ checkId: check.id, text, done, total })
    const known = new Map<CheckTask, CheckResult>()
    for (const { task, whyNot } of wanted) {
      const { check, whyUnable } = task
      const unable = whyNot ?? whyUnable
      if (unable !== null) {
        this.#results.push(notAttempted(check, unable, repetition))
        continue
      }
      const group = known.has(task) || task.group === undefined ? [] : able.filter(other => other.group === task.group)
      if (group.length > 1) await this.#settleEnded(repetition, { done, total })
      // Of a server that has failed already, company would say little, and cost a second turn.
      if (group.length > 1 && !this.#hasFailed(repetition)) {
        const terms = { repetition, progress, rest: async () => await this.#open.rest() }
        try {
          await playGroup(group, terms, known)
        } catch (error) {
          this.#results.push(...group.flatMap(ended => known.get(ended) ?? []))
          throw error
        }
      }
      const result = known.get(task) ?? (await this.#playAlone(task, repetition, progress))
      done++
      this.#results.push(result)
      this.#report({ checkId: check.id, text: result.outcome, done, total, result })
    }
    await this.#settleEnded(repetition, { done, total })
    await this.#open.rest()
  }

  async #settleEnded(repetition: number, count: Pick<ExamineProgress, 'done' | 'total'>): Promise<void> {
    const failed = this.#failEnded(repetition)
    if (failed === null) return
    this.#report({ checkId: failed.id, text: failed.outcome, ...count, result: failed })
    await this.#open.rest()
  }

  #hasFailed(repetition: number): boolean {
    return this.#results.some(result => result.repetition === repetition && result.outcome === 'fail')
  }

  /** A server that ends after its last check has passed fails that check after all. */
  #failEnded(repetition: number): CheckResult | null {
    const ended = this.#open.endedSince()
    if (ended === null) return null
    const { check, exit } = ended
    const at = this.#results.findIndex(result => result.id === check.id && result.repetition === repetition)
    const before = this.#results[at]
    if (before === undefined || before.outcome === 'fail') return null
    return (this.#results[at] = { ...endedIdle(check, exit, repetition, 'after the check'), durationMs: before.durationMs })
  }

  async #playAlone(task: CheckTask, repetition: number, progress: (task: CheckTask, text: string) => void): Promise<CheckResult> {
    progress(task, 'begins')
    return await task.run({ repetition, isTogether: false }, text => progress(task, text))
  }

  async #start(more: Parameters<typeof startCandidate>[1] = {}): Promise<RunningCandidate> {
    const { target, containment, buildNetwork, pid, onOutput } = this.#options
    const settings = { signal: this.#signal, containment, buildNetwork, pid, onOutput, ...more }
    const server = await startAgain(this.#before, async () => await startCandidate(target, settings))
    this.#before = server
    this.#containment = server.containment?.summary ?? 'containment: none (Assay did not start this server)'
    return server
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
      exercise: this.#exercise.name,
      candidate: manifest?.name ?? (target.kind === 'url' ? target.url : ''),
      language: manifest?.language ?? 'unknown',
      transport,
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
      output: this.#output ?? this.#open.output(),
    }
  }
}

function notAttempted(check: CheckDescription, reason: string, repetition: number): CheckResult {
  const { id, stage, title } = check
  return {
    id,
    stage,
    title,
    outcome: 'not attempted',
    reason,
    evidence: [],
    power: null,
    figures: {},
    durationMs: 0,
    repetition,
    ...distinctionOf(check),
  }
}
