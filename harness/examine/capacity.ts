/** "How many users can this server handle?": the largest load of a scenario that meets all its thresholds. */
import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { CandidateFault } from '../candidate/fault.ts'
import type { RunningCandidate } from '../candidate/running-candidate.ts'
import { CAPACITY_RECORD_VERSION, type CapacityRecord, type CapacityStep } from '../record/capacity-record.ts'
import type { RunRecord } from '../record/run-record.ts'
import type { Scenario } from '../scenario/scenario.ts'
import { findBorder } from './border-search.ts'
import { medianServerCpu, whatRanOut } from './exhausted.ts'
import { loadScenario, playTrial } from './load-trial.ts'
import { openFilesLimit } from './open-files-limit.ts'

const PRECISION = 1.04
const TRIES_AT_BORDER = 3
const MAX_STEPS = 24
const ATTEMPTS = 2
const WARM_UP_SECONDS = 2
const HOLD_SECONDS = 6
const DRAIN_SECONDS = 15
/** Between two steps: what the one left behind shall not weigh on the next. */
const COOL_DOWN_MS = 1500
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
  /** 1 to 64; default: all cores but one. */
  readonly workers?: number
  /** Starts the server anew; one that Assay did not start is simply taken again. */
  start(): Promise<RunningCandidate>
  onStep?(step: CapacityStep): void
}

/** @throws MisuseError from `start`; a server that does not start gives a record with status `failed`. */
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
  #name = ''
  #language = 'unknown'

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
      const unsettled = { met: this.#highestMet(), notMet: null, isSettled: false }
      if (this.#options.signal.aborted) return this.#record('interrupted', 'Interrupted before the end.', unsettled)
      if (!(error instanceof CandidateFault)) throw error
      return this.#record('failed', error.message, unsettled)
    } finally {
      await this.#server?.stop()
    }
  }

  /** A step that could not be decided, as our own lag was in the way, is played again: it may have been a moment's. */
  async #play(load: number): Promise<boolean> {
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#playOnce(load)
      if (outcome !== 'inconclusive' || attempt === ATTEMPTS) return outcome === 'pass'
    }
  }

  async #playOnce(load: number): Promise<CapacityStep['outcome']> {
    const { seed, signal, workers, by, scenario } = this.#options
    signal.throwIfAborted()
    const server = await this.#freshEnough()
    const record = await playTrial({
      scenario: scenarioAt(scenario, by, load),
      server,
      seed,
      signal,
      ...(workers === undefined ? {} : { workers }),
    })
    signal.throwIfAborted()
    const surroundings = {
      cores: availableParallelism(),
      descriptorLimit: server.rootPid === null ? Infinity : openFilesLimit(server.rootPid),
      isLocal: server.host.startsWith('127.') || server.host === 'localhost' || server.host === '::1',
    }
    const isMet = record.summary.verdict === 'pass'
    const ranOut = isMet ? { what: 'nothing' as const, text: '' } : whatRanOut(record, surroundings)
    const step = stepOf(record, load, ranOut.what)
    this.#steps.push(step)
    this.#texts.set(step, ranOut.text)
    this.#options.onStep?.(step)
    // What an overload has left behind in the server is not the next step's fault.
    if (!isMet) await this.#letGo()
    await sleep(COOL_DOWN_MS, undefined, { signal })
    return step.outcome
  }

  async #freshEnough(): Promise<RunningCandidate> {
    if (this.#server === null || this.#server.hasExited() !== null) this.#server = await this.#options.start()
    this.#name = this.#server.name
    this.#language = this.#server.language
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

  #record(
    status: CapacityRecord['status'],
    statusText: string,
    border: { met: number | null; notMet: number | null; isSettled: boolean },
  ): CapacityRecord {
    const { scenario, by, seed, targetText } = this.#options
    const missed = this.#steps.findLast(step => step.load === border.notMet && step.outcome !== 'pass')
    return {
      kind: 'assay-capacity',
      version: CAPACITY_RECORD_VERSION,
      candidate: this.#name,
      language: this.#language,
      target: targetText,
      scenario: scenario.name,
      by,
      capacity: border.met,
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
      steps: this.#steps,
    }
  }
}

/** Messages a second, or what stands in for it in a closed model: one a user and think time. */
function rateOf({ arrival, users }: Scenario): number {
  return arrival.model === 'open' ? arrival.ratePerSecond : (users * arrival.outstandingPerUser * 1000) / arrival.thinkTimeMs
}

/** The scenario with another load, and the phases of a step instead of its own. */
function scenarioAt(scenario: Scenario, by: 'users' | 'rate', load: number): Scenario {
  const users = by === 'users' ? load : scenario.users
  const ratePerSecond = by === 'users' ? (rateOf(scenario) * load) / scenario.users : load
  const seconds = WARM_UP_SECONDS + HOLD_SECONDS
  // A storm that would come after the end of the step is no part of it.
  const { churn } = scenario
  const isLate = churn?.kind === 'reconnect-storm' && churn.atSeconds.some(at => at >= seconds)
  const { churn: _left, ...rest } = scenario
  return loadScenario({
    ...rest,
    ...(churn === undefined || isLate ? {} : { churn }),
    users,
    arrival: scenario.arrival.model === 'open' ? { ...scenario.arrival, ratePerSecond } : scenario.arrival,
    phases: [
      { name: 'warm-up', kind: 'warm-up', seconds: WARM_UP_SECONDS },
      { name: 'hold', kind: 'hold', seconds: HOLD_SECONDS },
      { name: 'drain', kind: 'drain', seconds: DRAIN_SECONDS },
    ],
    // They belong to phases or to lengths that a step does not have.
    thresholds: { ...scenario.thresholds, recoveryMs: undefined, minDeliveries: undefined, evictedStopped: undefined },
  })
}

function stepOf(record: RunRecord, load: number, exhausted: CapacityStep['exhausted']): CapacityStep {
  const { summary, users, phases, timeline } = record
  const hold = phases.find(({ name }) => name === 'hold')
  const seconds = hold === undefined ? 1 : (hold.endMs - hold.startMs) / 1000
  const rows = timeline.rows.filter(row => hold !== undefined && row.atMs >= hold.startMs && row.atMs < hold.endMs)
  return {
    load,
    users: users.planned,
    messagesPerSecond: (hold?.sentMessages ?? 0) / seconds,
    outcome: summary.verdict,
    reason: summary.reasons[0] ?? '',
    deliveriesPerSecond: rows.reduce((sum, row) => sum + row.deliveries, 0) / seconds,
    completionP50Ms: summary.completionMs.p50,
    completionP99Ms: summary.completionMs.p99,
    lost: summary.lost,
    serverCpu: medianServerCpu(record),
    generatorCpu: summary.generator.cpu,
    rssBytes: summary.server?.rssBytesMax ?? null,
    exhausted,
  }
}
