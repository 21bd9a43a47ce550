/** One check of the chat exercise at work: its scenes, its servers, its time; the delivery rule holds for all it records. */
import { dumpStacks } from '../candidate/stack-dump.ts'
import type { ExitInfo } from '../candidate/exit-info.ts'
import type { Manifest } from '../candidate/manifest.ts'
import type { RunningCandidate } from '../candidate/running-candidate.ts'
import type { StartOptions } from '../candidate/start-candidate.ts'
import { judgeHistory } from '../judge/delivery-rule.ts'
import { evidenceOf } from '../judge/violation-evidence.ts'
import type { CheckEvidence, CheckResult } from '../record/check-record.ts'
import { createRandom } from '../scenario/seeded-random.ts'
import type { ReadArea } from '../wire/read-area.ts'
import type { Check, CheckContext, CheckFinding, FailedBatch } from './check.ts'
import { noticeExit } from './notice-exit.ts'
import { createPatience, StuckError } from './patience.ts'
import { type CheckAttempt, isCrash, runCheck } from './run-check.ts'
import { Scene } from './scene.ts'

const CONTROL_STUCK_MS = 2500

export interface ChatCheckSettings {
  readonly server: RunningCandidate
  readonly area: ReadArea
  readonly seed: number
  readonly repetition: number
  /** At the same time as others of its group; then it draws other names than by itself, since both may meet the same server. Default false. */
  readonly isTogether?: boolean
  readonly quick: boolean
  readonly manifest: Manifest | null
  readonly signal: AbortSignal
  readonly measure: CheckContext['measure']
  readonly control: CheckContext['control']
  start(options?: StartOptions): Promise<RunningCandidate>
  progress(text: string): void
}

export async function runChatCheck(check: Check, settings: ChatCheckSettings): Promise<CheckResult> {
  const { repetition, signal, measure } = settings
  const attempt = new ChatAttempt(check, settings)
  const result = await runCheck(check, attempt, { repetition, signal, isMeasured: measure !== null })
  return result.outcome === 'fail' ? { ...result, ...attempt.kept(result) } : result
}

class ChatAttempt implements CheckAttempt {
  readonly #check: Check
  readonly #settings: ChatCheckSettings
  readonly #scenes: Scene[] = []
  readonly #servers: RunningCandidate[] = []
  readonly #context: CheckContext
  #batch: FailedBatch | null = null
  /** Its end stops whatever a check has left going. */
  readonly #over = new AbortController()
  readonly #printedBefore: number
  #stacks = ''
  /** What was printed before we made a stuck server print its stacks. */
  #printedUnasked: string | null = null
  #dumped: RunningCandidate | undefined

  constructor(check: Check, settings: ChatCheckSettings) {
    this.#check = check
    this.#settings = settings
    this.#printedBefore = settings.server.printedBytes()
    const nowMs = (): number => performance.now()
    const random = createRandom(settings.seed, `${check.id}#${settings.repetition}${settings.isTogether === true ? '+' : ''}`)
    const signal = AbortSignal.any([settings.signal, this.#over.signal])
    const stuckMs = settings.measure === null ? undefined : CONTROL_STUCK_MS
    const patience = createPatience(nowMs, nowMs() + check.budgetMs, settings.signal, stuckMs)
    this.#context = {
      server: settings.server,
      transport: settings.server.transport === 'ws' ? 'ws' : 'tcp',
      language: settings.manifest?.language ?? 'unknown',
      slaMs: settings.manifest?.sla.p99Ms ?? 1000,
      usernames: settings.manifest?.usernames,
      seed: settings.seed,
      random,
      quick: settings.quick,
      signal,
      patience,
      control: settings.control,
      measure: settings.measure,
      nowMs,
      scene: (server = settings.server) => {
        const scene = new Scene({ server, patience, random, area: settings.area, nowMs })
        this.#scenes.push(scene)
        return scene
      },
      startServer: async options => {
        const server = await settings.start(options)
        this.#servers.push(server)
        return server
      },
      keep: batch => void (this.#batch = batch),
      progress: text => settings.progress(text),
    }
  }

  async run(): Promise<CheckFinding> {
    try {
      const finding = await this.#check.run(this.#context)
      if (this.#stuckScene() !== undefined) await this.#dumpStacks()
      return finding
    } catch (error) {
      if (error instanceof StuckError || this.#stuckScene() !== undefined) await this.#dumpStacks()
      throw error
    }
  }

  /** What stands beside a failure: the batch of a race, and what the threads of a stuck server were at. */
  kept({ power }: CheckResult): Partial<CheckResult> {
    const batch = this.#batch === null ? {} : { interleaving: this.#batch.interleaving, power: power ?? this.#batch.power }
    return { ...batch, ...(this.#stacks === '' ? {} : { stacks: this.#stacks }) }
  }

  running(): readonly RunningCandidate[] {
    return [this.#settings.server, ...this.#servers]
  }

  crashes(): readonly ExitInfo[] {
    // Some runtimes end by printing their stacks; that end is ours.
    const exits = this.running().map(server => (server === this.#dumped ? null : server.hasExited()))
    return exits.filter(exit => exit !== null).filter(isCrash)
  }

  printed(): string {
    const outputs = [this.#settings.server.output(this.#printedBefore), ...this.#servers.map(server => server.output())]
    return this.#printedUnasked ?? outputs.filter(output => output !== '').join('\n')
  }

  violations(): readonly CheckEvidence[] {
    return this.#scenes.flatMap(scene => evidenceOf(scene.recorder, judgeHistory(scene.recorder)))
  }

  /** Of the server that is stuck, which may be one of several. It may end by that, so not while others are at work on it. */
  async #dumpStacks(): Promise<void> {
    if (this.#settings.measure !== null || this.#settings.isTogether === true) return
    const server = this.#stuckScene()?.server ?? this.#settings.server
    await noticeExit(server)
    if (server.hasExited() !== null) return
    this.#dumped = server
    // From here on it is we who let go.
    for (const { actors, recorder, nowMs } of this.#scenes)
      for (const { index } of actors) recorder.client(index).closeCalledAtMs ??= nowMs()
    this.#printedUnasked = this.printed()
    this.#stacks = await dumpStacks(server)
  }

  async close(): Promise<void> {
    this.#over.abort()
    for (const scene of this.#scenes) await scene.close()
    for (const server of this.#servers) await server.stop()
  }

  #stuckScene(): Scene | undefined {
    return this.#scenes.find(({ recorder }) => recorder.faults.some(({ kind }) => kind === 'stuck'))
  }
}
