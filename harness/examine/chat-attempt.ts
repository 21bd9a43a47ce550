/** One check of the chat exercise at work: its scenes, its servers, its time; the delivery rule holds for all it records. */
import type { ExitInfo } from '../candidate/exit-info.ts'
import type { Manifest } from '../candidate/manifest.ts'
import type { RunningCandidate } from '../candidate/running-candidate.ts'
import type { StartOptions } from '../candidate/start-candidate.ts'
import { judgeHistory } from '../judge/delivery-rule.ts'
import { evidenceOf } from '../judge/violation-evidence.ts'
import type { CheckEvidence, CheckResult } from '../record/check-record.ts'
import { createRandom } from '../scenario/seeded-random.ts'
import type { ReadArea } from '../wire/read-area.ts'
import type { Check, CheckContext, CheckFinding } from './check.ts'
import { createPatience } from './patience.ts'
import { type CheckAttempt, runCheck } from './run-check.ts'
import { Scene } from './scene.ts'

const CONTROL_STUCK_MS = 2500

export interface ChatCheckSettings {
  readonly server: RunningCandidate
  readonly area: ReadArea
  readonly seed: number
  readonly repetition: number
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
  return await runCheck(check, new ChatAttempt(check, settings), { repetition, signal, isMeasured: measure !== null })
}

class ChatAttempt implements CheckAttempt {
  readonly #check: Check
  readonly #settings: ChatCheckSettings
  readonly #scenes: Scene[] = []
  readonly #servers: RunningCandidate[] = []
  readonly #context: CheckContext

  constructor(check: Check, settings: ChatCheckSettings) {
    this.#check = check
    this.#settings = settings
    const nowMs = (): number => performance.now()
    const random = createRandom(settings.seed, `${check.id}#${settings.repetition}`)
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
      signal: settings.signal,
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
      progress: text => settings.progress(text),
    }
  }

  async run(): Promise<CheckFinding> {
    return await this.#check.run(this.#context)
  }

  running(): readonly RunningCandidate[] {
    return [this.#settings.server, ...this.#servers]
  }

  crashes(): readonly ExitInfo[] {
    const exits = this.running().map(server => server.hasExited())
    return exits.filter(exit => exit !== null).filter(({ cause }) => cause !== 'stopped')
  }

  violations(): readonly CheckEvidence[] {
    return this.#scenes.flatMap(scene => evidenceOf(scene.recorder, judgeHistory(scene.recorder)))
  }

  async close(): Promise<void> {
    for (const scene of this.#scenes) await scene.close()
    for (const server of this.#servers) await server.stop()
  }
}
