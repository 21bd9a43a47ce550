/** What an interviewer wrote down, as far as a grade or a scorecard needs it. Kept in a plain file beside the candidate. */
export interface Interview {
  /** By id of a rubric line: seen, or looked for and not seen. What is not in here is open. */
  readonly ticks: Readonly<Record<string, boolean>>
  readonly hints: readonly InterviewHint[]
  readonly notes: readonly InterviewNote[]
  /** Time spent on each stage, in the order held. */
  readonly stages: readonly { readonly stage: string; readonly minutes: number }[]
  /** The interviewer's own grade, given before the suggested one was shown. */
  readonly grade: string | null
}

interface InterviewHint {
  readonly stage: string
  /** From 1, a nudge, to 4, the answer itself. */
  readonly level: number
  readonly text: string
}

interface InterviewNote {
  readonly stage: string
  readonly text: string
}
