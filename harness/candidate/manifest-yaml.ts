import { isMap, isNode, isPair, isScalar, LineCounter, parseDocument, type Document } from 'yaml'
import { MisuseError } from './fault.ts'

/** A YAML file that holds one mapping, and the way from a field back to its line. */
export type YamlObject = {
  readonly file: string
  readonly value: Readonly<Record<string, unknown>>
  /** `file:line` of a field, or of the file's first line when the field is not written. */
  locate(path: readonly string[]): string
  /** The value as written, or `undefined`. */
  read(path: readonly string[]): unknown
}

/** @throws MisuseError with file and line when the text is not YAML, or not a mapping. */
export function parseYamlObject(text: string, file: string): YamlObject {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const problem = document.errors[0]
  if (problem !== undefined) {
    const { line } = lines.linePos(problem.pos[0])
    throw new MisuseError(`${file}:${line}: Expected YAML, got a syntax error: ${problem.message}. Mend that line.`)
  }
  // `maxAliasCount` keeps a manifest of nested aliases from growing without bound.
  const value: unknown = document.toJS({ maxAliasCount: 100 })
  if (!isRecord(value)) {
    throw new MisuseError(
      `${file}:1: Expected a mapping of fields such as \`name: my-server\`, got ${describe(value)}. Write one field a line.`,
    )
  }
  return {
    file,
    value,
    locate: path => `${file}:${lineOf(document, lines, path)}`,
    read: path => path.reduce<unknown>((inner, key) => (isRecord(inner) ? inner[key] : undefined), value),
  }
}

function lineOf(document: Document, lines: LineCounter, path: readonly string[]): number {
  let offset = 0
  let node: unknown = document.contents
  for (const key of path) {
    if (!isMap(node)) break
    const pair = node.items.find(item => isPair(item) && isScalar(item.key) && String(item.key.value) === key)
    if (pair === undefined) break
    if (isNode(pair.key)) offset = pair.key.range?.[0] ?? offset
    node = pair.value
  }
  return lines.linePos(offset).line
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return 'an empty file'
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`
}
