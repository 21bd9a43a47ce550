import type { CheckEvidence } from '../../harness/record/check-record.ts'

/** Which handler of a starter a check is about: the part of the difference that is shown beside its failure. */
export type Handler = 'join' | 'send' | 'disconnect' | 'hello' | 'input' | 'output'

/** A mistake that usually stands behind a failure. */
export interface Cause {
  /** Shown first where the evidence is of one of these kinds; a cause without kinds fits any. */
  readonly kinds?: readonly CheckEvidence['kind'][]
  readonly text: string
}

/** What the kit knows of a check beyond its verdict. */
export interface CheckQuestion {
  /** What the check does to the server, in a sentence or two. */
  readonly provokes: string
  /** Likeliest first. */
  readonly causes: readonly Cause[]
  /** What an interviewer could now ask. */
  readonly question: string
  /** What a good answer holds. */
  readonly goodAnswer: readonly string[]
  readonly looksAt: readonly Handler[]
}
