import { plainText } from './terminal-escapes.ts'
import type { TerminalStyle } from './terminal-style.ts'
import { truncated } from './truncated.ts'

const MAX_LINES = 14

/** The beginning of what the threads of a stuck server were at. */
export function stackLines(stacks: string | undefined, style: TerminalStyle): string[] {
  if (stacks === undefined) return []
  const lines = plainText(stacks).replaceAll('\t', '    ').split('\n')
  const shown = lines.slice(0, MAX_LINES).map(line => truncated(line, Math.max(20, style.width - 30)))
  const more = lines.length > shown.length ? [`(${lines.length - shown.length} more lines are in check.json)`] : []
  return ['Its threads, when it was stuck:', ...shown, ...more].map(line => `      ${style.paint(`│ ${line}`, 'dim')}`)
}
