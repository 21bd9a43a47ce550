/** The one shape of every check: what it proves, how it provokes, what it needs, and the run that keeps its evidence. */
import type { StartOptions } from '../candidate/start-candidate.ts'
import type { RunningCandidate } from '../candidate/running-candidate.ts'
import type { CheckEvidence, CheckPower, Outcome } from '../record/check-record.ts'
import type { Interleaving } from '../record/race-recipe.ts'
import type { Random } from '../scenario/seeded-random.ts'
import type { Patience } from './patience.ts'
import type { Scene } from './scene.ts'

/** `1` to `6` by the first figure of a check's id (chat has three stages), and hostile input. */
type CheckStage = '1' | '2' | '3' | '4' | '5' | '6' | 'safe'

/**
 * What a check cannot do without: a server that can be frozen, a declared user-name policy, a server whose process is known (for its memory,
 * CPU and descriptors), or one that Assay starts itself (under other limits).
 */
type CheckNeed = 'freeze' | 'usernames' | 'own process' | 'own start'

/** What is known of a check before it runs, whatever the exercise. */
export interface CheckDescription {
  readonly id: string
  readonly stage: CheckStage
  /** What it proves: the sentence that holds when it passes. */
  readonly title: string
  /** How it provokes what it looks for. */
  readonly provokes: string
  readonly needs: readonly CheckNeed[]
  /** Longest duration in milliseconds, generous; what is not decided by then is inconclusive. */
  readonly budgetMs: number
  /** A distinction is no part of the verdict. */
  readonly isDistinction?: true
}

/** A check of the chat exercise. */
export interface Check extends CheckDescription {
  /** `shared`: on the server that the checks before it used. `fresh`: on one of its own, newly started. */
  readonly server: 'shared' | 'fresh'
  /**
   * Checks of one group that are asked for are played at the same time first, since most of their time is waiting for silence. What the traffic
   * of others could hide or use up (what a server remembers of all, its descriptors) asks for a server of its own. Nobody sees a server idle
   * in company, so what hangs until something else moves it is for those that are played alone.
   */
  readonly group?: 'calm' | 'hostile'
  run(context: CheckContext): Promise<CheckFinding>
}

/** What a check makes of what it saw. The delivery rule is judged for all its scenes in any case, and a violation fails it. */
export interface CheckFinding {
  readonly outcome: Outcome
  readonly reason: string
  readonly evidence?: readonly CheckEvidence[]
  readonly power?: CheckPower
  readonly figures?: Readonly<Record<string, number>>
  /** Set where Assay itself failed: the stack. */
  readonly assayFault?: string
}

/** What stands beside a race check's failure: the batch that failed, and what was offered until then. */
export interface FailedBatch {
  readonly interleaving: Interleaving
  readonly power: CheckPower
}

/** What the controls of a language did under a race check. */
export type MeasuredControl = NonNullable<CheckPower['control']>

/** `unknown`: the language has no control for this check. `unusable`: it has, and it did not build or start here. */
export type ControlAnswer = MeasuredControl | 'unknown' | 'unusable'

export interface CheckContext {
  readonly server: RunningCandidate
  readonly transport: 'ws' | 'tcp'
  readonly language: string
  readonly slaMs: number
  readonly usernames: 'replace' | 'refuse' | 'allow' | undefined
  readonly seed: number
  readonly random: Random
  readonly quick: boolean
  readonly signal: AbortSignal
  readonly patience: Patience
  /** For race checks: what the controls of the language did under the same settings and profile, taken now if it is not known yet. */
  readonly control: (check: Check, profile: string) => Promise<ControlAnswer>
  /** Set while a control itself is measured: the hunt goes on past what it catches, up to so many batches or catches. */
  readonly measure: { readonly batches: number; readonly catches: number } | null
  readonly nowMs: () => number
  /** Clients and their recorded history, against `server` or one that the check started. Closed and judged after the check. */
  scene(server?: RunningCandidate): Scene
  /** Another server of the same candidate, stopped after the check. */
  startServer(options?: Pick<StartOptions, 'limits' | 'extraEnv' | 'readOnlyPaths'>): Promise<RunningCandidate>
  /** For race checks: the batch that is being played now, as if it had failed, since an error of it may end the check; `null` once it has not. */
  keep(batch: FailedBatch | null): void
  /** Says what it is at, for whoever waits. */
  progress(text: string): void
}
