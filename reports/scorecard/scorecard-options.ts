import type { Interview } from '../../harness/judge/interview.ts'
import type { Rubric } from '../../harness/judge/rubric.ts'
import type { SourcePrompt } from '../../harness/judge/source-prompts.ts'

/** What a scorecard is drawn from, beside the record. Everything here is optional but the rubric, the audience and whether it has a name. */
export interface ScorecardOptions {
  readonly rubric: Rubric
  readonly interview?: Interview | null
  /** The files that differ from the starter; see `changedFiles`. */
  readonly starterDiff?: readonly ChangedFile[]
  /** Prompts with line numbers, from `promptsFromSource`. Shown to the interviewer only. */
  readonly sourcePrompts?: readonly SourcePrompt[]
  /** The text of AI-USE.md, or `null` where the candidate handed in none. */
  readonly aiUse?: string | null
  /** AI-USE.md as the starter has it: equal texts mean that it was not filled in. */
  readonly aiUseStarter?: string | null
  /** What `assay calibrate` found in this language on this machine, e.g. `flawed found 8 of 8, right failed 0 of 3`. */
  readonly calibration?: string | null
  /** `candidate` leaves out questions, answers, usual causes, prompts, notes and hints. */
  readonly audience: 'interviewer' | 'candidate'
  /** Leaves out the candidate's name, target and output. */
  readonly anonymous: boolean
}

/** One file of what was handed in, beside the starter's; `null` where one of the two does not have it. */
export interface ChangedFile {
  /** Relative to the candidate's folder. */
  readonly path: string
  readonly before: string | null
  readonly after: string | null
}
