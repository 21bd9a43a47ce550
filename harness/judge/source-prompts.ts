/** Things in a candidate's source that are worth a question. They prompt an interviewer and never touch a grade. */
import { SOURCE_PATTERNS, type SourcePattern } from './source-patterns.ts'

export interface SourceFile {
  /** Relative to the candidate's folder. */
  readonly path: string
  readonly text: string
}

export interface SourcePrompt {
  readonly path: string
  /** From 1. */
  readonly line: number
  /** The id of the pattern, e.g. `default-dict`. */
  readonly pattern: string
  /** The line itself, trimmed, at most 160 characters. */
  readonly excerpt: string
  /** What to look at, and what to ask. */
  readonly prompt: string
}

const MAX_FILES = 500
const MAX_LINES = 20_000
const MAX_LINE = 1000
const MAX_EXCERPT = 160
/** The same pattern over and over teaches nothing new. */
const MAX_PER_PATTERN = 5

/** Prompts in the order of files and lines; at most five a pattern. Which patterns apply is read off each file's name. */
export function promptsFromSource(files: readonly SourceFile[]): SourcePrompt[] {
  const seen = new Map<string, number>()
  return files.slice(0, MAX_FILES).flatMap(file => {
    const patterns = SOURCE_PATTERNS.filter(pattern => pattern.files.test(file.path) && isComplete(pattern, file.text))
    return promptsOf(file, patterns).filter(({ pattern }) => {
      const count = (seen.get(pattern) ?? 0) + 1
      seen.set(pattern, count)
      return count <= MAX_PER_PATTERN
    })
  })
}

/** Some patterns mean something only together with, or only without, something else in the same file. */
function isComplete({ beside, without }: SourcePattern, text: string): boolean {
  const bounded = text.slice(0, MAX_LINES * 100)
  return (beside === undefined || beside.test(bounded)) && (without === undefined || !without.test(bounded))
}

function promptsOf(file: SourceFile, patterns: readonly SourcePattern[]): SourcePrompt[] {
  if (patterns.length === 0) return []
  const lines = file.text.split(/\r\n|\r|\n/).slice(0, MAX_LINES)
  return lines.flatMap((line, index) => {
    const bounded = line.slice(0, MAX_LINE)
    if (isComment(bounded)) return []
    return patterns
      .filter(pattern => pattern.line.test(bounded))
      .map(({ id, prompt }) => ({ path: file.path, line: index + 1, pattern: id, excerpt: bounded.trim().slice(0, MAX_EXCERPT), prompt }))
  })
}

function isComment(line: string): boolean {
  return /^\s*(\/\/|#(?!include|define)|\*|\/\*|""")/.test(line)
}
