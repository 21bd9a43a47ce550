import type { Handler } from './check-question.ts'
import { hunksOf, lineDifference, type DifferenceLine } from './line-difference.ts'
import type { ChangedFile } from './scorecard-options.ts'

export interface Excerpt {
  readonly path: string
  readonly lines: readonly DifferenceLine[]
}

/** What stands beside a picture has to be taken in at a glance; the whole difference stands further down. */
const MAX_EXCERPT_LINES = 56
const MAX_HELPERS = 40
const MAX_FILES = 40
const CONTEXT = 3
const HEADINGS: Readonly<Partial<Record<Handler, RegExp>>> = {
  join: /(?<![.\w])handle_?\w*join\w*\s*\(/i,
  send: /(?<![.\w])handle_?\w*send\w*\s*\(/i,
  disconnect: /(?<![.\w])handle_?\w*disconnect\w*\s*\(/i,
  hello: /(?<![.\w])handle_?\w*new_?connection\w*\s*\(/i,
}
const SERVER_FILE = /chat_?-?server\.\w+$/i

/** The differences of the files that were handed in, taken once for all checks. */
export function differencesOf(files: readonly ChangedFile[]): Excerpt[] {
  return files
    .filter(({ after }) => after !== null)
    .slice(0, MAX_FILES)
    .map(file => ({ path: file.path, lines: lineDifference(file.before ?? '', file.after ?? '') }))
}

/**
 * The part of the difference that a check is about: the handlers it exercises, as they were handed in. Where it is about bytes in or out,
 * or no handler is found, the other files that were changed come first.
 */
export function excerptsFor(differences: readonly Excerpt[], handlers: readonly Handler[]): Excerpt[] {
  const headings = handlers.flatMap(handler => HEADINGS[handler] ?? [])
  const ofHandlers = differences.map(({ path, lines }) => ({ path, lines: withHelpers(lines, headings) })).filter(hasChange)
  const aboutBytes = handlers.some(handler => HEADINGS[handler] === undefined)
  const others = differences
    .filter(({ path }) => !SERVER_FILE.test(path))
    .map(({ path, lines }) => ({ path, lines: hunksOf(lines, CONTEXT).flat() }))
  const chosen = aboutBytes ? [...others.filter(hasChange), ...ofHandlers] : ofHandlers
  return within(chosen.length > 0 ? chosen : differences.filter(hasChange), MAX_EXCERPT_LINES)
}

/** The handlers and, as they may be short, the functions of the same file that they call. */
function withHelpers(lines: readonly DifferenceLine[], headings: readonly RegExp[]): DifferenceLine[] {
  const handlers = handlerLines(lines, headings)
  const [heading] = handlers
  if (heading === undefined) return []
  const called = new Set(handlers.slice(1).flatMap(({ text }) => [...text.matchAll(/(\w+)(?=\()/g)].map(([name]) => name)))
  const names = [...called]
    .filter(name => name.length > 2 && name !== 'new' && !headings.some(pattern => pattern.test(`${name}(`)))
    .slice(0, MAX_HELPERS)
  if (names.length === 0) return handlers
  const isHelper = new RegExp(`(?<![.\\w])(${names.join('|')})\\s*[(<]`)
  const shallow = lines.filter(({ text }) => insetOf(text) <= insetOf(heading.text) && isHelper.test(text))
  const helpers = handlerLines(lines, [isHelper], new Set(shallow))
  return [...handlers, ...helpers.filter(line => !handlers.includes(line))]
}

/** From each heading to the next line that is not further in than it, closing brackets included. */
function handlerLines(
  lines: readonly DifferenceLine[],
  headings: readonly RegExp[],
  among?: ReadonlySet<DifferenceLine>,
): DifferenceLine[] {
  const now = lines.filter(({ kind }) => kind !== 'removed')
  const kept: DifferenceLine[] = []
  let edge: number | null = null
  for (const line of now) {
    const inset = insetOf(line.text)
    const isHeading = (among?.has(line) ?? true) && !/;\s*$/.test(line.text) && headings.some(heading => heading.test(line.text))
    if (isHeading && (edge === null || inset <= edge)) edge = inset
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
