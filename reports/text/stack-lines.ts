import { plainText } from './terminal-escapes.ts'
import type { TerminalStyle } from './terminal-style.ts'
import { truncated } from './truncated.ts'

const MAX_LINES = 14
/** A JVM's frames that are not the JDK's own. */
const OWN_JVM_FRAME = /^\s+at (?!(?:java|javax|jdk|sun|com\.sun)\.)/m

/** The beginning of what the threads of a stuck server were at; of a JVM those threads that were in the server's own code. */
export function stackLines(stacks: string | undefined, style: TerminalStyle): string[] {
  if (stacks === undefined) return []
  const text = plainText(stacks).replaceAll('\t', '    ')
  const lines = text.split('\n')
  const telling = tellingLines(text)
  const shown = telling.slice(0, MAX_LINES).map(line => truncated(line, Math.max(20, style.width - 30)))
  const more = lines.length > shown.length ? [`(${lines.length - shown.length} more lines are in check.json)`] : []
  const heading = 'Its threads, when it was stuck:'
  return [heading, ...shown, ...more].map(line => `      ${style.paint(`│ ${line}`, 'dim')}`)
}

/** A JVM's dump begins with addresses and the collector's threads, which say nothing about the server. */
function tellingLines(text: string): string[] {
  if (!text.includes('Full thread dump')) return text.split('\n')
  const threads = text.split(/\n\s*\n/).filter(block => block.startsWith('"') && OWN_JVM_FRAME.test(block))
  // The reading thread is always there: a thread that waits in a handler, or for a lock, says more, and most often is not `main`.
  const sorted = [...threads.filter(block => !block.startsWith('"main"')), ...threads.filter(block => block.startsWith('"main"'))]
  return sorted.length === 0 ? text.split('\n') : sorted.flatMap(block => block.split('\n'))
}
