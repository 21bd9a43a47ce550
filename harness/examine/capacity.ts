/** "How many users can this server handle?": the largest load of a scenario that meets all its thresholds. */
import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { CandidateFault } from '../candidate/fault.ts'
import type { RunningCandidate } from '../candidate/running-candidate.ts'
import { CAPACITY_RECORD_VERSION, type CapacityRecord, type CapacityStep } from '../record/capacity-record.ts'
import type { Scenario } from '../scenario/scenario.ts'
import { type Border, findBorder, type ProbeAnswer } from './border-search.ts'
import { HOLD_SECONDS, rateOf, stepOf, stepScenario, WARM_UP_SECONDS } from './capacity-step.ts'
import { whatRanOut } from './exhausted.ts'
import { playTrial } from './load-trial.ts'
import { isDisturbed, watchMachine } from './machine-share.ts'
import { openFilesLimit } from './open-files-limit.ts'
import { startAgain } from './start-again.ts'
import { steadinessOf } from './steadiness.ts'

const PRECISION = 1.04
const TRIES_AT_BORDER = 3
const MAX_STEPS = 32
/** A step that something else was in the way of is played again this often at most. */
const ATTEMPTS = 3
/** Between two steps: what the one left behind shall not weigh on the next. */
const COOL_DOWN_MS = 1500
/** Whatever else was at work may have ended by then. */
const DISTURBED_MS = 4000
const MOST_USERS = 19_000
const MOST_PER_SECOND = 200_000

export interface CapacityOptions {
  readonly scenario: Scenario
  /** `users`: each as talkative as in the scenario. `rate`: messages a second by the scenario's own users. */
  readonly by: 'users' | 'rate'
  readonly seed: number
  readonly signal: AbortSignal
  /** As the user named it. */
  readonly targetText: string
  /** Of the server, also where it does not start. */
  readonly name: string
  readonly language: string
  /** 1 to 64; default: all cores but one. */
  readonly workers?: number
  /** Starts the server anew; one that Assay did not start is simply taken again. */
  start(): Promise<RunningCandidate>
  onStep?(step: CapacityStep): void
  /** Called after each step with the record so far, which says that it is not whole: to be kept in case nothing follows. */
  onRecord?(record: CapacityRecord): void
}

/** @throws MisuseError from the first `start`; a server that does not start gives a record with status `failed`. */
export async function searchCapacity(options: CapacityOptions): Promise<CapacityRecord> {
  const search = new CapacitySearch(options)
  return await search.run()
}

class CapacitySearch {
  readonly #options: CapacityOptions
  readonly #steps: CapacityStep[] = []
  readonly #texts = new Map<CapacityStep, string>()
  readonly #startedAt = new Date()
  #server: RunningCandidate | null = null
  /** The server that was started last. */
  #before: RunningCandidate | null = null

  constructor(options: CapacityOptions) {
    this.#options = options
  }

  async run(): Promise<CapacityRecord> {
    const { scenario, by } = this.#options
    const start = by === 'users' ? scenario.users : Math.max(1, Math.round(rateOf(scenario)))
    const max = by === 'users' ? MOST_USERS : MOST_PER_SECOND
    const bounds = { start: Math.min(start, max), min: 1, max, precision: PRECISION, triesAtBorder: TRIES_AT_BORDER, maxProbes: MAX_STEPS }
    try {
      const border = await findBorder(async load => await this.#play(load), bounds)
      return this.#record('finished', '', border)
    } catch (error) {
      if (this.#options.signal.aborted) return this.#unsettled('interrupted', 'Interrupted before the end.')
      if (error instanceof CandidateFault) return { ...this.#unsettled('failed', error.message), output: error.output }
      const why = error instanceof Error ? error.message : String(error)
      if (this.#steps.length > 0) this.#options.onRecord?.(this.#unsettled('interrupted', `The search broke off: ${why}`))
      throw error
    } finally {
      await this.#server?.stop()
    }
  }

  /** A step that could not be decided, as our own lag or another program was in the way, is played again: it may have been a moment's. */
  async #play(load: number): Promise<ProbeAnswer> {
    for (let attempt = 1; ; attempt++) {
      const { outcome, exhausted } = await this.#playOnce(load)
      if (outcome === 'pass') return 'met'
      // A step that fell behind while the generator had no more to give says nothing about the server.
      if (outcome === 'fail' && exhausted !== 'generator') return 'missed'
      if (attempt === ATTEMPTS) return 'undecided'
      if (exhausted === 'other programs') await sleep(DISTURBED_MS, undefined, { signal: this.#options.signal })
    }
  }

  async #playOnce(load: number): Promise<CapacityStep> {
    const { seed, signal, workers, by, scenario } = this.#options
    signal.throwIfAborted()
    const isFresh = this.#server === null || this.#server.hasExited() !== null
    const server = await this.#freshEnough()
    const machine = watchMachine(server, () => performance.now())
    const record = await playTrial({
      scenario: stepScenario(scenario, by, load, isFresh),
      server,
      seed,
      signal,
      ...(workers === undefined ? {} : { workers }),
    }).finally(() => machine.stop())
    signal.throwIfAborted()
    const use = machine.stop()
    const cores = availableParallelism()
    const surroundings = {
      cores,
      descriptorLimit: server.rootPid === null ? Infinity : openFilesLimit(server.rootPid),
      isLocal: server.host.startsWith('127.') || server.host === 'localhost' || server.host === '::1',
      // Whoever dies under a load does so whatever else is at work.
      disturbedBy: isDisturbed(use, cores) && record.endedBy !== 'server' ? use.others : 0,
    }
    const measured = stepOf(record, load, steadinessOf(record))
    const isMet = measured.outcome === 'pass'
    const ranOut = isMet ? { what: 'nothing' as const, text: '' } : whatRanOut(record, surroundings)
    const outcome = ranOut.what === 'other programs' ? 'inconclusive' : measured.outcome
    const step: CapacityStep = { ...measured, outcome, exhausted: ranOut.what }
    this.#steps.push(step)
    this.#texts.set(step, ranOut.text)
    this.#options.onStep?.(step)
    this.#options.onRecord?.(this.#unsettled('interrupted', 'The search had not ended when this was written.'))
    // What an overload has left behind in the server is not the next step's fault.
    if (!isMet) await this.#letGo()
    await sleep(COOL_DOWN_MS, undefined, { signal })
    return step
  }

  async #freshEnough(): Promise<RunningCandidate> {
    if (this.#server === null || this.#server.hasExited() !== null) {
      this.#server = await startAgain(this.#before, async () => await this.#options.start())
    }
    this.#before = this.#server
    return this.#server
  }

  async #letGo(): Promise<void> {
    const server = this.#server
    this.#server = null
    await server?.stop()
  }

  #highestMet(): number | null {
    const met = this.#steps.filter(({ outcome }) => outcome === 'pass').map(({ load }) => load)
    return met.length === 0 ? null : Math.max(...met)
  }

  /** Above all that was met. */
  #lowestMissed(): number | null {
    const missed = this.#steps.filter(({ outcome, load }) => outcome !== 'pass' && load > (this.#highestMet() ?? 0)).map(({ load }) => load)
    return missed.length === 0 ? null : Math.min(...missed)
  }

  /** What is known before the border is. */
  #unsettled(status: CapacityRecord['status'], statusText: string): CapacityRecord {
    return this.#record(status, statusText, { met: this.#highestMet(), notMet: this.#lowestMissed(), isMissed: false, isSettled: false })
  }

  #record(status: CapacityRecord['status'], statusText: string, border: Border): CapacityRecord {
    const { scenario, by, seed, targetText, name, language } = this.#options
    const missed = this.#steps.findLast(step => step.load === border.notMet && step.outcome !== 'pass')
    return {
      kind: 'assay-capacity',
      version: CAPACITY_RECORD_VERSION,
      candidate: name,
      language,
      target: targetText,
      scenario: scenario.name,
      by,
      capacity: border.isMissed && border.isSettled ? border.met : null,
      atLeast: border.met,
      notMet: border.notMet,
      isSettled: border.isSettled,
      exhausted: missed?.exhausted ?? 'nothing',
      exhaustedText: missed === undefined ? 'No step missed its thresholds.' : (this.#texts.get(missed) ?? ''),
      slaMs: scenario.slaMs,
      seed,
      warmUpSeconds: WARM_UP_SECONDS,
      holdSeconds: HOLD_SECONDS,
      status,
      statusText,
      startedAt: this.#startedAt.toISOString(),
      endedAt: new Date().toISOString(),
      cores: availableParallelism(),
      containment: this.#before?.containment?.summary ?? null,
      steps: [...this.#steps],
    }
  }
}
