/** Turns what the schema found into sentences: what was expected, what came, and which word was probably meant. */
import type { z } from 'zod'
import { nearMatch } from './near-match.ts'
import { fieldOf, pathText, shown, type FieldPath, type Problem } from './scenario-error.ts'
import { knownFields } from './scenario-schema.ts'

/** `root` is the scenario as it was read, after `--set`. */
export function problemsOf(issues: readonly z.core.$ZodIssue[], root: unknown): Problem[] {
  const misspelt = new Set<string>()
  const unknown = issues.flatMap(issue => (issue.code === 'unrecognized_keys' ? unknownFields(issue, root, misspelt) : []))
  const wrong = issues
    .filter(issue => issue.code !== 'unrecognized_keys')
    .map(issue => ({ issue, path: fieldPath(issue.path) }))
    // `usres: 5` is one mistake, not an unknown field and a missing one.
    .filter(({ path }) => valueAt(root, path) !== undefined || !misspelt.has(JSON.stringify(path)))
    .map(({ issue, path }) => wrongValue(issue, path, root))
  return [...unknown, ...wrong]
}

function unknownFields(issue: z.core.$ZodIssueUnrecognizedKeys, root: unknown, misspelt: Set<string>): Problem[] {
  const block = fieldPath(issue.path)
  const fields = knownFields(block, root)
  return issue.keys.map(key => {
    const meant = nearMatch(key, fields)
    if (meant !== undefined) misspelt.add(JSON.stringify([...block, meant]))
    const advice = meant === undefined ? `Its fields are: ${fields.join(', ')}.` : `Did you mean \`${meant}\`?`
    return {
      paths: [[...block, key]],
      text: `Expected a field of ${pathText(block, root)}${kindText(block, root)}, got \`${key}\`. ${advice}`,
    }
  })
}

function wrongValue(issue: z.core.$ZodIssue, path: FieldPath, root: unknown): Problem {
  const value = valueAt(root, path)
  const words = allowedWords(issue)
  const expected = words.length > 0 ? `one of ${words.join(', ')}` : issue.message
  const meant = typeof value === 'string' ? nearMatch(value, words) : undefined
  const advice = meant === undefined ? '' : ` Did you mean \`${meant}\`?`
  return { paths: [path], text: `Expected ${pathText(path, root)} to be ${expected}, got ${shown(value)}.${advice}` }
}

function allowedWords(issue: z.core.$ZodIssue): readonly string[] {
  if (issue.code === 'invalid_value') return issue.values.map(String)
  if (issue.code === 'invalid_union' && 'options' in issue && Array.isArray(issue.options)) return issue.options.map(String)
  return []
}

/** Says which kind of block it is where its fields depend on that. */
function kindText(block: FieldPath, root: unknown): string {
  const value = valueAt(root, block)
  for (const field of ['kind', 'model', 'reading']) {
    const kind = fieldOf(value, field)
    if (typeof kind === 'string') return ` (${field}: ${kind})`
  }
  return ''
}

function valueAt(root: unknown, path: FieldPath): unknown {
  return path.reduce(fieldOf, root)
}

function fieldPath(path: readonly PropertyKey[]): FieldPath {
  return path.map(step => (typeof step === 'number' ? step : String(step)))
}
