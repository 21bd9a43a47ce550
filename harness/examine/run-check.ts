/** One check from beginning to end: its scenes, its servers, its time, and what decides when it does not end as planned. */
import { CandidateFault } from '../candidate/fault.ts'
import type { Manifest } from '../candidate/manifest.ts'
import type { RunningCandidate } from '../candidate/running-candidate.ts'
import type { StartOptions } from '../candidate/start-candidate.ts'
import { judgeHistory } from '../judge/delivery-rule.ts'
import { evidenceOf } from '../judge/violation-evidence.ts'
import type { CheckEvidence, CheckResult } from '../record/check-record.ts'
import { createRandom } from '../scenario/seeded-random.ts'
import type { ReadArea } from '../wire/read-area.ts'
import type { Check, CheckContext, CheckFinding } from './check.ts'
import { createPatience, LossError, ServerGoneError, StuckError, UndecidedError } from './patience.ts'
import { Scene } from './scene.ts'

const EXIT_NOTICE_MS = 1000
const KEPT_EVIDENCE = 5
const CONTROL_STUCK_MS = 2500

export interface CheckSettings {
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

export async function runCheck(check: Check, settings: CheckSettings): Promise<CheckResult> {
  const startMs = performance.now()
  const run = new CheckRun(check, settings, startMs)
  let finding: CheckFinding
  try {
    finding = await run.play()
  } finally {
    await run.cleanUp()
  }
  const { id, stage, title } = check
  const evidence = [...(finding.evidence ?? [])].slice(0, KEPT_EVIDENCE)
  return {
    id,
    stage,
    title,
    outcome: finding.outcome,
    reason: finding.reason,
    evidence,
    power: finding.power ?? null,
    figures: { ...finding.figures },
    durationMs: performance.now() - startMs,
    repetition: settings.repetition,
  }
}

class CheckRun {
  readonly #check: Check
  readonly #settings: CheckSettings
  readonly #scenes: Scene[] = []
  readonly #servers: RunningCandidate[] = []
  readonly #context: CheckContext

  constructor(check: Check, settings: CheckSettings, startMs: number) {
    this.#check = check
    this.#settings = settings
    const nowMs = (): number => performance.now()
    const random = createRandom(settings.seed, `${check.id}#${settings.repetition}`)
    const patience = createPatience(
      nowMs,
      startMs + check.budgetMs,
      settings.signal,
      settings.measure === null ? undefined : CONTROL_STUCK_MS,
    )
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

  async play(): Promise<CheckFinding> {
    const finding = await this.#find()
    if (finding.outcome !== 'pass') await this.#noticeExits()
    return this.#decide(finding)
  }

  async #find(): Promise<CheckFinding> {
    try {
      return await this.#check.run(this.#context)
    } catch (error) {
      return this.#interpret(error)
    }
  }

  /** A dying server's sockets close before its exit is noticed; a moment later it is known that it was a crash. */
  async #noticeExits(): Promise<void> {
    const exits = [this.#settings.server, ...this.#servers].map(server => server.exited)
    await Promise.race([...exits, new Promise(resolve => setTimeout(resolve, EXIT_NOTICE_MS))])
  }

  async cleanUp(): Promise<void> {
    for (const scene of this.#scenes) await scene.close()
    for (const server of this.#servers) await server.stop()
  }

  /** A violation of the delivery rule fails the check, and so does the server's death, whatever the check itself was after. */
  #decide(finding: CheckFinding): CheckFinding {
    const evidence = this.#scenes.flatMap(scene => evidenceOf(scene.recorder, judgeHistory(scene.recorder)))
    const crash = this.#crash()
    const all = [...crash, ...(finding.evidence ?? []), ...evidence]
    const [first] = [...crash, ...evidence]
    if (this.#settings.measure !== null) return finding
    if (first === undefined || finding.outcome === 'fail') return { ...finding, evidence: all }
    return { ...finding, outcome: 'fail', reason: first.text, evidence: all }
  }

  #crash(): CheckEvidence[] {
    return [this.#settings.server, ...this.#servers].flatMap(server => {
      const exit = server.hasExited()
      if (exit === null || exit.cause === 'stopped') return []
      const text = `The server ended while the check was at work. ${exit.explanation}`
      return [
        {
          kind: 'crash' as const,
          text,
          lanes: ['server'],
          events: [{ lane: 'server', atMs: null, kind: 'close' as const, text: exit.explanation }],
          occurrences: 1,
        },
      ]
    })
  }

  #interpret(error: unknown): CheckFinding {
    if (this.#settings.signal.aborted) throw error
    if (error instanceof LossError) return { outcome: 'inconclusive', reason: error.message }
    if (error instanceof StuckError) return { outcome: 'fail', reason: error.message }
    if (error instanceof ServerGoneError)
      return { outcome: 'fail', reason: `The server ended while the check was at work. ${error.message}` }
    if (error instanceof UndecidedError) return { outcome: 'inconclusive', reason: error.message }
    if (error instanceof CandidateFault)
      return { outcome: 'inconclusive', reason: `The candidate could not be started again: ${error.message}` }
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
    return { outcome: 'inconclusive', reason: `Assay itself failed (a bug of ours, not of the candidate): ${text}` }
  }
}
