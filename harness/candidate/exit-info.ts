/** How a candidate's server came to its end. */
export type ExitInfo = {
  /** Its exit code, or `null` when a signal ended it or it could not be told. */
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** Who ended it: it did so itself (a crash, or it simply returned), Assay's `stop` or `crash`, or one of the limits. */
  readonly cause: 'itself' | 'stopped' | 'killed' | 'crashed' | 'limit'
  /** One sentence for a person, e.g. `The server exited with code 1 by itself.` */
  readonly explanation: string
}

/** Puts an end into words. `limit` is the sentence of the limit that was broken. */
export function describeExit(code: number | null, signal: NodeJS.Signals | null, cause: ExitInfo['cause'], limit?: string): ExitInfo {
  const how = signal === null ? `exited with code ${code ?? 'unknown'}` : `was ended by ${signal}`
  const explanations: Record<ExitInfo['cause'], string> = {
    itself: `The server ${how} by itself.`,
    stopped: `The server ${how} after Assay asked it to end.`,
    killed: 'The server did not end on SIGTERM within the time allowed, and was killed.',
    crashed: 'Assay killed the server (SIGKILL), as the check has it.',
    limit: `Assay ended the server: ${limit ?? 'it broke a limit.'}`,
  }
  return { code, signal, cause, explanation: explanations[cause] }
}
