/** A candidate that does not build or start, where no record could say so: why, and what it printed last. */
import type { CandidateFault } from '../candidate/fault.ts'
import { plainText } from '../../reports/text/terminal-escapes.ts'
import { truncated } from '../../reports/text/truncated.ts'

/** Compilers name the cause within this many lines before their end. */
const SHOWN_LINES = 15
const MAX_LINE = 200

export function candidateFaultText({ message, output }: CandidateFault): string {
  const lines = plainText(output).trimEnd().split('\n')
  const shown = lines.slice(-SHOWN_LINES).map(line => `  ${truncated(line.replaceAll('\t', '    '), MAX_LINE)}`)
  const said = `The candidate failed: ${plainText(message)}`
  if (lines.every(line => line.trim() === '')) return said
  const left = lines.length - shown.length
  return [said, left > 0 ? `What it printed last (after ${left} more lines):` : 'What it printed:', ...shown].join('\n')
}
