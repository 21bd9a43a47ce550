/**
 * Whose fault it is that something could not be done. The command line prints the two kinds apart and gives them different exit codes;
 * anything thrown that is neither is a bug of ours.
 */

/** The command or the manifest was written wrongly; the person at the keyboard can mend it. Exit code 64. */
export class MisuseError extends Error {
  override readonly name = 'MisuseError'
}

/** The candidate did not build, did not start or broke a limit. It costs the candidate its verdict and nobody else anything. */
export class CandidateFault extends Error {
  override readonly name = 'CandidateFault'
  /** What the candidate printed last (stdout and stderr together, unescaped: strip terminal sequences before showing it). */
  readonly output: string

  constructor(message: string, output = '') {
    super(message)
    this.output = output
  }
}
