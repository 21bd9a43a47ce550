/** What an exercise brings to an examination: its checks, how one of them is run against a candidate, and which are quick. */
import type { ExitInfo } from '../candidate/exit-info.ts'
import type { Manifest } from '../candidate/manifest.ts'
import type { Target } from '../candidate/find-candidate.ts'
import type { RunningCandidate } from '../candidate/running-candidate.ts'
import type { StartOptions } from '../candidate/start-candidate.ts'
import type { CheckResult } from '../record/check-record.ts'
import type { CheckDescription } from './check.ts'

export interface Exercise {
  readonly name: 'chat' | 'kv'
  /** Every check, in the order in which they are run. */
  readonly checks: readonly CheckDescription[]
  /** Whether `--quick` takes the check. */
  isQuick(check: CheckDescription): boolean
  /** @throws MisuseError for a server that its checks cannot examine. */
  assertTakes(target: Target): void
  open(ground: ExerciseGround): OpenExercise
}

/** One candidate under one seed, and how its servers are started: what an exercise is given. */
export interface ExerciseGround {
  readonly target: Target
  /** `null` for a server that Assay does not start. */
  readonly manifest: Manifest | null
  readonly seed: number
  readonly quick: boolean
  /** Of a server that Assay did not start: its process, for sampling. */
  readonly pid: number | undefined
  readonly signal: AbortSignal
  readonly start: (options?: StartOptions) => Promise<RunningCandidate>
}

export interface OpenExercise {
  /** One for each check, in the same order. */
  readonly tasks: readonly CheckTask[]
  /** The end of what the candidate printed last, raw. */
  output(): string
  /** How a server that was kept for further checks has ended since the last of them, and which that was; `null` where none has. */
  endedSince(): { readonly check: CheckDescription; readonly exit: ExitInfo } | null
  /** Ends every server that outlived its check. */
  rest(): Promise<void>
}

export interface CheckTask {
  readonly check: CheckDescription
  /** Why it cannot be attempted on this candidate and machine; `null` where it can. */
  readonly whyUnable: string | null
  /** Tasks of one group may be played at the same time. */
  readonly group?: string | undefined
  run(turn: CheckTurn, progress: (text: string) => void): Promise<CheckResult>
}

/** `isTogether`: others of its group are being played, so that no server may be stopped that they share. */
export interface CheckTurn {
  readonly repetition: number
  readonly isTogether: boolean
}
