/** A candidate that does not build or start, where no record could say so: why, and what it printed last. */
import type { CandidateFault } from '../candidate/fault.ts'
import { outputLines } from '../../reports/text/output-lines.ts'
import { plainText } from '../../reports/text/terminal-escapes.ts'
import { type TerminalOptions, terminalStyle } from '../../reports/text/terminal-style.ts'

export function candidateFaultText({ message, output }: CandidateFault, options: TerminalOptions): string {
  return [`The candidate failed: ${plainText(message)}`, ...outputLines(output, 'not shown', terminalStyle(options))].join('\n')
}
