/** Plays a key-value scenario against the nodes of a store: schedule, faults, samples, and what all nodes hold in the end. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { GeneratorSample, RunRecord, ServerSample } from '../record/run-record.ts'
import { createKvPlan, type KvPlan } from '../scenario/kv-plan.ts'
import type { KvFault, KvScenario } from '../scenario/kv-scenario.ts'
import { GeneratorWatch } from './generator-watch.ts'
import { KvClientPool, type KvNodeAddress, type KvNodeTally } from './kv-client-pool.ts'
import { type KvClosedResult, playKvClosed } from './kv-closed-play.ts'
import { type KvFinalState, type KvKill, readFinalState } from './kv-final-state.ts'
import { emptyOutcomes, type KvOutcomes, playKvOpen } from './kv-open-play.ts'
import type { ServerUsage } from './play-scenario.ts'
import type { LatencyHistogram } from '../record/latency-histogram.ts'

const SAMPLE_MS = 250
/** A store that has been quiet for so long has nothing under way any more, if it has anything left to say at all. */
const QUIET_MS = 300

export interface PlayKvOptions {
  readonly scenario: KvScenario
  readonly seed: number
  readonly nodes: readonly KvNodeAddress[]
  readonly signal: AbortSignal
  /** All nodes' processes together; `null` where they are not known. */
  sampleServer(): ServerUsage | null
  /** How a node ended that nobody had ended, or `null`. */
  serverExit(): string | null
  /** Does to a node what the scenario asks for; resolves when the node serves again, or with why it does not. */
  inflict(fault: KvFault): Promise<string | null>
  onProgress(played: PlayedKv): void
}

interface KvEvent {
  readonly atMs: number
  readonly node: number
  readonly kind: 'killed' | 'paused' | 'back'
}

/** What was played so far, or in all. */
export interface PlayedKv {
  readonly plan: KvPlan
  readonly scenario: KvScenario
  readonly nodes: readonly KvNodeAddress[]
  readonly status: RunRecord['status']
  readonly endedBy: RunRecord['endedBy']
  readonly statusText: string
  readonly stage: 'playing' | 'draining' | 'done'
  /** Time since the schedule's start. */
  readonly atMs: number
  readonly outcomes: KvOutcomes
  readonly closed: KvClosedResult | null
  readonly tallies: readonly KvNodeTally[]
  readonly final: KvFinalState | null
  readonly events: readonly KvEvent[]
  readonly loopDelay: LatencyHistogram
  readonly serverSamples: readonly ServerSample[]
  readonly serverCpuSeconds: number
  readonly generatorSamples: readonly GeneratorSample[]
}

export async function playKv(options: PlayKvOptions): Promise<PlayedKv> {
  const play = new KvPlay(options)
  return await play.run()
}

/** For a run that never came to its schedule. */
export function unplayedKv(scenario: KvScenario, seed: number, statusText: string, endedBy: RunRecord['endedBy']): PlayedKv {
  const options: PlayKvOptions = {
    scenario,
    seed,
    nodes: [],
    signal: new AbortController().signal,
    sampleServer: () => null,
    serverExit: () => null,
    inflict: async () => await Promise.resolve(null),
    onProgress: () => undefined,
  }
  const play = new KvPlay(options)
  play.close()
  return play.snapshot({ status: endedBy === 'user' ? 'interrupted' : 'failed', endedBy, statusText })
}

class KvPlay {
  readonly #options: PlayKvOptions
  readonly #plan: KvPlan
  readonly #pool: KvClientPool
  readonly #outcomes: KvOutcomes
  readonly #watch: GeneratorWatch
  readonly #events: KvEvent[] = []
  readonly #serverSamples: ServerSample[] = []
  readonly #generatorSamples: GeneratorSample[] = []
  /** Ended by the user, or by us where a node has ended. */
  readonly #ending = new AbortController()
  #startMs = performance.now()
  #stage: PlayedKv['stage'] = 'playing'
  #closed: KvClosedResult | null = null
  #final: KvFinalState | null = null
  #lastUsage: { readonly atMs: number; readonly usage: ServerUsage } | null = null
  #cpuSeconds = 0
  #exit: string | null = null

  constructor(options: PlayKvOptions) {
    const { scenario, seed, nodes } = options
    this.#options = options
    this.#plan = createKvPlan(scenario, seed)
    this.#pool = new KvClientPool({ nodes, tryMs: scenario.tryMs, giveUpMs: scenario.giveUpMs, nowMs: () => performance.now() })
    this.#outcomes = emptyOutcomes(scenario.arrival.model === 'open' ? this.#plan.requests.count : 0)
    this.#watch = new GeneratorWatch(this.#plan.scheduleMs, () => this.#nowMs() * 1000)
  }

  async run(): Promise<PlayedKv> {
    const { signal } = this.#options
    const end = (): void => this.#ending.abort()
    if (signal.aborted) end()
    signal.addEventListener('abort', end, { once: true })
    this.#startMs = performance.now()
    this.#watch.restart()
    const sampler = setInterval(() => this.#sample(), SAMPLE_MS)
    try {
      await this.#play()
    } finally {
      clearInterval(sampler)
      signal.removeEventListener('abort', end)
      this.close()
    }
    this.#stage = 'done'
    if (this.#exit !== null) return this.snapshot({ status: 'failed', endedBy: 'server', statusText: this.#exit })
    if (signal.aborted) return this.snapshot({ status: 'interrupted', endedBy: 'user', statusText: 'Interrupted by the user.' })
    return this.snapshot({ status: 'finished', endedBy: 'schedule', statusText: '' })
  }

  close(): void {
    this.#watch.stop()
    this.#pool.close()
  }

  snapshot(how: Pick<PlayedKv, 'status' | 'endedBy' | 'statusText'>): PlayedKv {
    return {
      ...how,
      plan: this.#plan,
      scenario: this.#options.scenario,
      nodes: this.#options.nodes,
      stage: this.#stage,
      atMs: this.#nowMs(),
      outcomes: this.#outcomes,
      closed: this.#closed,
      tallies: this.#pool.tallies,
      final: this.#final,
      events: this.#events,
      loopDelay: this.#watch.loopDelay,
      serverSamples: this.#serverSamples,
      serverCpuSeconds: this.#cpuSeconds,
      generatorSamples: this.#generatorSamples,
    }
  }

  async #play(): Promise<void> {
    const { scenario, nodes } = this.#options
    const plan = this.#plan
    const signal = this.#ending.signal
    const nowMs = (): number => this.#nowMs()
    if (scenario.arrival.model === 'closed') {
      const { connections } = scenario.arrival
      const seconds = plan.scheduleMs / 1000
      const { soFar } = this.#outcomes
      this.#closed = await playKvClosed({ plan, nodes, connections, seconds, timeoutMs: scenario.giveUpMs, signal, nowMs, soFar })
      return
    }
    const faults = Promise.all(scenario.faults.map(fault => this.#fault(fault)))
    await Promise.all([playKvOpen({ plan, pool: this.#pool, outcomes: this.#outcomes, signal, nowMs }), faults])
    if (signal.aborted) return
    this.#stage = 'draining'
    await sleep(QUIET_MS)
    this.#final = await readFinalState({ plan, pool: this.#pool, signal, nowMs, pause: async ms => await sleep(ms) })
  }

  async #fault(fault: KvFault): Promise<void> {
    const signal = this.#ending.signal
    try {
      await sleep(fault.atSeconds * 1000 - this.#nowMs(), undefined, { signal })
      this.#events.push({ atMs: this.#nowMs(), node: fault.node - 1, kind: fault.kind === 'kill' ? 'killed' : 'paused' })
      const trouble = await this.#options.inflict(fault)
      if (trouble !== null) this.#endBecause(trouble)
      else this.#events.push({ atMs: this.#nowMs(), node: fault.node - 1, kind: 'back' })
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }

  #nowMs(): number {
    return performance.now() - this.#startMs
  }

  #sample(): void {
    const atMs = this.#nowMs()
    const exit = this.#options.serverExit()
    if (exit !== null) this.#endBecause(exit)
    const usage = this.#options.sampleServer()
    if (usage !== null) this.#takeUsage(atMs, usage)
    if (this.#stage === 'playing') {
      const { cpu, loopDelayMaxMs } = this.#watch.sample()
      this.#generatorSamples.push({ atMs, cpu, sendLagMaxMs: 0, loopDelayMaxMs })
    }
    this.#options.onProgress(
      this.snapshot({ status: 'running', endedBy: 'schedule', statusText: 'It was still being played when this was written.' }),
    )
  }

  #endBecause(sentence: string): void {
    this.#exit ??= sentence
    this.#ending.abort()
  }

  /** A node that was started again begins at zero: what the others used meanwhile is lost, and never negative. */
  #takeUsage(atMs: number, usage: ServerUsage): void {
    const before = this.#lastUsage
    this.#lastUsage = { atMs, usage }
    if (before === null) return
    const used = Math.max(0, usage.cpuSeconds - before.usage.cpuSeconds)
    this.#cpuSeconds += used
    const cpu = used / Math.max(0.001, (atMs - before.atMs) / 1000)
    this.#serverSamples.push({ atMs, cpu, rssBytes: usage.rssBytes, fds: usage.fds, threads: usage.threads })
  }
}

/** When nodes were killed, in ms since the schedule's start. */
export function killsOf({ events }: PlayedKv): KvKill[] {
  return events.filter(({ kind }) => kind === 'killed').map(({ node, atMs }) => ({ node, atMs }))
}
