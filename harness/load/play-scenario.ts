/**
 * Plays one scenario: gathers the users, lets the schedule run, waits until things are quiet, and collects the accounts. What happens to
 * the server or to the run on the way ends the playing early, but never loses what was measured.
 */
import type { GeneratorSample, RunRecord, ServerSample } from '../record/run-record.ts'
import { createPlan, type Plan } from '../scenario/plan.ts'
import type { Scenario } from '../scenario/scenario.ts'
import type { ChatAddress } from '../wire/chat-socket.ts'
import { createMonotonicClock } from './clock.ts'
import { type MessageTable, mergeTables } from './message-table.ts'
import { awaitQuiet, type Quiet } from './quiet.ts'
import { createThreadLink } from './thread-link.ts'
import type { ProgressRow, WorkerAccount, WorkerProgress } from './transport.ts'
import { WorkerCrash, WorkerGroup } from './worker-group.ts'

const START_DELAY_US = 200_000
const SAMPLE_MS = 250
const MAX_SENDING_LATE_MS = 15_000
/** The longest that a user may take to join; the connector gives up sooner. */
const MAX_GATHERING_MS = 3_600_000
/** After a server has ended, time for its sockets' closes to be read. */
const CLOSES_MS = 300

/** Use of the server's whole process tree so far. */
export interface ServerUsage {
  readonly cpuSeconds: number
  readonly rssBytes: number
  readonly fds: number
  readonly threads: number
}

export interface PlayOptions {
  readonly scenario: Scenario
  readonly seed: number
  readonly address: ChatAddress
  /** 1 to 64; all cores but one is a good choice. */
  readonly workers: number
  readonly signal: AbortSignal
  /** `null` where the server's process is not known. */
  sampleServer(): ServerUsage | null
  /** How the server ended, or `null` while it runs. */
  serverExit(): string | null
  onProgress(played: Played): void
}

/** What was played so far, or in all. */
export interface Played {
  readonly plan: Plan
  readonly status: 'running' | 'finished' | 'interrupted' | 'failed'
  readonly endedBy: RunRecord['endedBy']
  readonly statusText: string
  readonly stage: 'gathering' | 'playing' | 'draining' | 'done'
  /** Time since the schedule's start. */
  readonly atMs: number
  readonly progress: readonly (WorkerProgress | undefined)[]
  /** The grid's rows as told so far, all workers added up. */
  readonly progressRows: readonly ProgressRow[]
  readonly serverSamples: readonly ServerSample[]
  readonly serverCpuSeconds: number
  readonly generatorSamples: readonly GeneratorSample[]
  readonly workers: number
  /** `null` while it plays, and where a worker died. */
  readonly result: { readonly table: MessageTable; readonly accounts: readonly WorkerAccount[]; readonly quiet: Quiet } | null
}

export async function playScenario(options: PlayOptions): Promise<Played> {
  const { scenario, seed, address, workers } = options
  const plan = createPlan(scenario, seed)
  const links = Array.from({ length: workers }, (_, worker) => createThreadLink({ scenario, seed, address, worker, workers }))
  const play = new Play(options, plan, new WorkerGroup(links))
  try {
    return await play.run()
  } finally {
    await play.group.close()
  }
}

/** Ends the playing early, for a reason that is the user's or the server's. */
class EarlyEnd extends Error {
  readonly status: 'interrupted' | 'failed'

  constructor(status: 'interrupted' | 'failed', text: string) {
    super(text)
    this.status = status
  }
}

/** This machine cannot play the scenario: neither the server's fault nor a bug. */
class OwnLimit extends Error {}
const OWN_LIMIT_HELP = 'Raise the limit of open files (ulimit -n) or ask for fewer users (--set users=…).'

class Play {
  readonly group: WorkerGroup
  readonly #options: PlayOptions
  readonly #plan: Plan
  readonly #clock = createMonotonicClock()
  readonly #serverSamples: ServerSample[] = []
  readonly #generatorSamples: GeneratorSample[] = []
  #epochUs: number
  #stage: Played['stage'] = 'gathering'
  #firstUsage: ServerUsage | null = null
  #lastUsage: ServerUsage | null = null
  #lastSampleMs = 0
  #endEarly: (end: EarlyEnd) => void = () => undefined
  /** Something has ended the playing: what `#playThrough` still does must not reach the workers. */
  #isOver = false

  constructor(options: PlayOptions, plan: Plan, group: WorkerGroup) {
    this.#options = options
    this.#plan = plan
    this.group = group
    this.#epochUs = this.#clock.nowUs()
  }

  async run(): Promise<Played> {
    const early = new Promise<never>((_, reject) => {
      this.#endEarly = reject
    })
    early.catch(() => undefined)
    const abort = (): void =>
      this.#endEarly(new EarlyEnd('interrupted', 'Interrupted before the end; what was measured until then is kept.'))
    if (this.#options.signal.aborted) abort()
    this.#options.signal.addEventListener('abort', abort, { once: true })
    const sampler = setInterval(() => this.#sample(), SAMPLE_MS)
    try {
      const quiet = await Promise.race([this.#playThrough(), early, this.group.failure])
      return await this.#finish('finished', '', quiet)
    } catch (error) {
      this.#isOver = true
      return await this.#endAfter(error)
    } finally {
      clearInterval(sampler)
      this.#options.signal.removeEventListener('abort', abort)
    }
  }

  async #endAfter(error: unknown): Promise<Played> {
    if (error instanceof WorkerCrash) return this.#snapshot('failed', `A part of Assay crashed: ${error.message}`, null)
    if (error instanceof OwnLimit) return { ...this.#snapshot('failed', error.message, null), endedBy: 'machine' }
    if (!(error instanceof EarlyEnd)) throw error
    try {
      this.group.tell({ type: 'stop' })
      await sleep(CLOSES_MS)
      return await this.#finish(error.status, error.message, { isQuiet: false, waitedMs: 0 })
    } catch (second) {
      if (!(second instanceof WorkerCrash)) throw second
      return this.#snapshot('failed', `${error.message} Then a part of Assay crashed: ${second.message}`, null)
    }
  }

  async #playThrough(): Promise<Quiet> {
    const answers = await this.#while(this.group.ask({ type: 'connect' }, 'connected', MAX_GATHERING_MS))
    const joined = answers.reduce((sum, answer) => sum + answer.joined, 0)
    if (joined === 0 && isAnyoneFirst(this.#plan)) {
      const why = answers.find(answer => answer.unconnectedWhy !== '')?.unconnectedWhy
      if (why !== undefined) throw new OwnLimit(`No user could connect, as this machine had no resources left (${why}). ${OWN_LIMIT_HELP}`)
      const first = answers.flatMap(answer => answer.failures)[0] ?? 'no user said why'
      throw new EarlyEnd('failed', `No user could connect and join: ${first}.`)
    }
    this.#epochUs = this.#clock.nowUs() + START_DELAY_US
    this.#firstUsage = this.#options.sampleServer()
    this.#stage = 'playing'
    this.group.tell({ type: 'start', epochUs: this.#epochUs })
    await this.#while(this.#allSent())
    this.#stage = 'draining'
    return this.#drain()
  }

  /** Waits until all workers have sent everything; one that is much too late is told to stop. */
  async #allSent(): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>(resolve => {
      timer = setTimeout(
        () => {
          if (!this.#isOver) this.group.tell({ type: 'stop' })
          resolve()
        },
        START_DELAY_US / 1000 + this.#plan.scheduleMs + MAX_SENDING_LATE_MS,
      )
      // An interrupted run does not wait for it.
      timer.unref()
    })
    await Promise.race([this.group.expect('sent'), late])
    clearTimeout(timer)
  }

  /** What was waited for, unless the playing has ended meanwhile; then nothing that follows may happen. */
  async #while<T>(step: Promise<T>): Promise<T> {
    const result = await step
    if (this.#isOver) throw new Error('The playing has ended already.')
    return result
  }

  async #drain(): Promise<Quiet> {
    const channels = this.#plan.channelNames.map((_, channel) => channel)
    const watch = {
      missing: () => this.group.missing.reduce((sum, count) => sum + count, 0),
      silentMs: () => (this.#nowUs() - Math.max(...this.group.lastReadUs)) / 1000,
      serverCpu: () => this.#serverSamples.at(-1)?.cpu ?? 0,
      sleep: (ms: number) => this.#while(sleep(ms)),
    }
    await this.#settle()
    const quiet = await awaitQuiet(watch, this.#plan.drainMs)
    await this.#while(this.group.ask({ type: 'probe', channels }, 'probed'))
    await this.#settle()
    const afterProbe = await awaitQuiet(watch, this.#plan.drainMs)
    // Late duplicates are still to be seen.
    await this.#while(sleep(1000))
    return { isQuiet: quiet.isQuiet && afterProbe.isQuiet, waitedMs: quiet.waitedMs + afterProbe.waitedMs }
  }

  async #settle(): Promise<void> {
    const collected = await this.#while(this.group.ask({ type: 'collect' }, 'collected'))
    this.group.settle(mergeTables(collected.map(answer => answer.table)))
  }

  async #finish(status: Played['status'], statusText: string, quiet: Quiet): Promise<Played> {
    this.#sample()
    const collected = await this.group.ask({ type: 'collect' }, 'collected')
    const table = mergeTables(collected.map(answer => answer.table))
    const answers = await this.group.ask({ type: 'finish', table, isQuiet: quiet.isQuiet }, 'account')
    this.#stage = 'done'
    return this.#snapshot(status, statusText, { table, accounts: answers.map(answer => answer.account), quiet })
  }

  #snapshot(status: Played['status'], statusText: string, result: Played['result']): Played {
    return {
      plan: this.#plan,
      status,
      endedBy: endOf(status, result !== null),
      statusText,
      stage: this.#stage,
      atMs: this.#nowUs() / 1000,
      progress: this.group.progress,
      progressRows: this.group.progressRows(),
      serverSamples: this.#serverSamples,
      serverCpuSeconds: (this.#lastUsage?.cpuSeconds ?? 0) - (this.#firstUsage?.cpuSeconds ?? 0),
      generatorSamples: this.#generatorSamples,
      workers: this.#options.workers,
      result,
    }
  }

  #nowUs(): number {
    return this.#clock.nowUs() - this.#epochUs
  }

  #sample(): void {
    const exit = this.#options.serverExit()
    if (exit !== null) this.#endEarly(new EarlyEnd('failed', `The server ended during the run (${exit}).`))
    const atMs = this.#nowUs() / 1000
    const usage = this.#options.sampleServer()
    if (usage !== null) {
      const seconds = (atMs - this.#lastSampleMs) / 1000
      const cpu = this.#lastUsage === null || seconds <= 0 ? 0 : Math.max(0, (usage.cpuSeconds - this.#lastUsage.cpuSeconds) / seconds)
      if (this.#lastUsage !== null && this.#stage !== 'gathering') {
        this.#serverSamples.push({ atMs, cpu, rssBytes: usage.rssBytes, fds: usage.fds, threads: usage.threads })
      }
      this.#lastUsage = usage
      this.#lastSampleMs = atMs
    }
    if (this.#stage === 'playing') this.#noteGenerator(atMs)
    this.#options.onProgress(
      this.#snapshot('running', 'It was still being played when this was written; what was measured until then is kept.', null),
    )
  }

  #noteGenerator(atMs: number): void {
    // What a worker told before the start is about letting users in.
    const samples = this.group.progress.flatMap(progress => (progress === undefined || progress.atMs < 0 ? [] : [progress.generator]))
    if (samples.length === 0 || atMs < 0) return
    this.#generatorSamples.push({
      atMs,
      cpu: samples.some(({ cpu }) => cpu !== null) ? Math.max(...samples.map(({ cpu }) => cpu ?? 0)) : null,
      sendLagMaxMs: Math.max(...samples.map(sample => sample.sendLagMaxMs)),
      loopDelayMaxMs: Math.max(...samples.map(sample => sample.loopDelayMaxMs)),
    })
  }
}

/** Is there a user that is to be there before the schedule starts? */
function isAnyoneFirst({ joinAtMs, sessions, users }: Plan): boolean {
  if (joinAtMs !== null) return false
  if (sessions === null) return true
  const { offsets, connectAtMs } = sessions
  return Array.from({ length: users }, (_, user) => user).some(
    user => offsets[user] === offsets[user + 1] || connectAtMs[offsets[user] ?? 0] === 0,
  )
}

/** A failed run that still has its accounts was ended by the server; one without lost a part of Assay. */
function endOf(status: Played['status'], hasResult: boolean): Played['endedBy'] {
  switch (status) {
    case 'interrupted':
      return 'user'
    case 'failed':
      return hasResult ? 'server' : 'harness'
    case 'finished':
    case 'running':
      return 'schedule'
  }
}

/** The workers keep the process alive, not these timers: what waits behind a run that has ended must not hold up its end. */
function sleep(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms).unref())
}

/** What stands in for a run whose server never came so far as to be played. */
export function unplayed(scenario: Scenario, seed: number, statusText: string, endedBy: 'server' | 'user'): Played {
  return {
    plan: createPlan(scenario, seed),
    status: endedBy === 'user' ? 'interrupted' : 'failed',
    endedBy,
    statusText,
    stage: 'gathering',
    atMs: 0,
    progress: [],
    progressRows: [],
    serverSamples: [],
    serverCpuSeconds: 0,
    generatorSamples: [],
    workers: 0,
    result: null,
  }
}
