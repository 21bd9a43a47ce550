import { plainText } from './terminal-escapes.ts'
import type { TerminalStyle } from './terminal-style.ts'
import { truncated } from './truncated.ts'

const MAX_LINES = 8
/** How the runtimes begin when they tell of what went wrong. */
const ERROR =
  /exception|\berror\b|\w+Error\b|panic(?:ked)?\b|traceback|\bfatal\b|unhandled|uncaught|segmentation fault|assertion|sanitizer|data race|out of memory/i

/** The place of the first line that tells of an error; `null` where none does. */
export function firstError(lines: readonly string[]): number | null {
  const at = lines.findIndex(line => ERROR.test(line))
  return at < 0 ? null : at
}

/** The first error that a server printed while a check failed on it, and what follows; nothing where it printed none. */
export function printedLines(printed: string | undefined, style: TerminalStyle): string[] {
  const lines = plainText(printed ?? '')
    .replaceAll('\t', '    ')
    .split('\n')
  const from = firstError(lines)
  if (from === null) return []
  const shown = lines.slice(from, from + MAX_LINES).map(line => truncated(line, Math.max(20, style.width - 30)))
  const left = lines.length - from - shown.length
  const more = left > 0 ? [`(${left} more lines are in check.json)`] : []
  return ['It printed meanwhile:', ...shown, ...more].map(line => `      ${style.paint(`│ ${line}`, 'dim')}`)
}
