import type { Handler } from './check-question.ts'
import { lineDifference, type DifferenceLine } from './line-difference.ts'
import type { ChangedFile } from './scorecard-options.ts'

export interface Excerpt {
  readonly path: string
  readonly lines: readonly DifferenceLine[]
}

/** What stands beside a picture has to be taken in at a glance; the whole difference stands further down. */
const MAX_EXCERPT_LINES = 56
const HEADINGS: Readonly<Partial<Record<Handler, RegExp>>> = {
  join: /\bhandle_?\w*join\w*\s*\(/i,
  send: /\bhandle_?\w*send\w*\s*\(/i,
  disconnect: /\bhandle_?\w*disconnect\w*\s*\(/i,
  hello: /\bhandle_?\w*new_?connection\w*\s*\(/i,
}
const SERVER_FILE = /chat_?-?server\.\w+$/i

/**
 * The part of the difference that a check is about: the handlers it exercises, as they were handed in. Where it is about bytes in or out,
 * or no handler is found, the other files that were changed come first.
 */
export function excerptsFor(files: readonly ChangedFile[], handlers: readonly Handler[]): Excerpt[] {
  const differences = files
    .filter(({ after }) => after !== null)
    .map(file => ({ path: file.path, lines: lineDifference(file.before ?? '', file.after ?? '') }))
  const headings = handlers.flatMap(handler => HEADINGS[handler] ?? [])
  const ofHandlers = differences.map(({ path, lines }) => ({ path, lines: handlerLines(lines, headings) })).filter(hasChange)
  const aboutBytes = handlers.some(handler => HEADINGS[handler] === undefined)
  const others = differences
    .filter(({ path }) => !SERVER_FILE.test(path))
    .map(({ path, lines }) => ({ path, lines: lines.filter(({ kind }) => kind !== 'removed') }))
  const chosen = aboutBytes ? [...others.filter(hasChange), ...ofHandlers] : ofHandlers
  return within(chosen.length > 0 ? chosen : differences.filter(hasChange), MAX_EXCERPT_LINES)
}

/** From each heading to the next line that is not further in than it, closing brackets included. */
function handlerLines(lines: readonly DifferenceLine[], headings: readonly RegExp[]): DifferenceLine[] {
  const now = lines.filter(({ kind }) => kind !== 'removed')
  const kept: DifferenceLine[] = []
  let edge: number | null = null
  for (const line of now) {
    const inset = insetOf(line.text)
    if (headings.some(heading => heading.test(line.text)) && (edge === null || inset <= edge)) edge = inset
    else if (edge !== null && inset <= edge && !/^\s*[)\]}{]/.test(line.text) && line.text.trim() !== '') edge = null
    if (edge !== null) kept.push(line)
  }
  return kept
}

function insetOf(text: string): number {
  return text.trim() === '' ? Infinity : text.length - text.trimStart().length
}

function hasChange({ lines }: Excerpt): boolean {
  return lines.some(({ kind }) => kind !== 'same')
}

function within(excerpts: readonly Excerpt[], limit: number): Excerpt[] {
  let left = limit
  return excerpts.flatMap(({ path, lines }) => {
    const shown = lines.slice(0, left)
    left -= shown.length
    return shown.length === 0 ? [] : [{ path, lines: shown }]
  })
}
