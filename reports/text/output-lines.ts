import { plainText } from './terminal-escapes.ts'
import type { TerminalStyle } from './terminal-style.ts'
import { truncated } from './truncated.ts'

/** Compilers and runtimes name the cause within this many lines before their end. */
const MAX_LINES = 15

/** The end of what a candidate printed, for a terminal; nothing where it printed nothing. `rest`: where the lines before are, `in check.json`. */
export function outputLines(output: string, rest: string, style: TerminalStyle): string[] {
  if (output.trim() === '') return []
  const all = plainText(output).trimEnd().split('\n')
  const last = all.slice(-MAX_LINES).map(line => `  ${truncated(line.replaceAll('\t', '    '), Math.max(20, style.width - 30))}`)
  const before = all.length > last.length ? [style.paint(`  (${all.length - last.length} lines before are ${rest})`, 'dim')] : []
  return [style.paint('What it printed last:', 'dim'), ...before, ...last]
}
