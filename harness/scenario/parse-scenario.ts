/** From the text of a scenario file and the command line's overrides to a scenario that every other room can trust. */
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Document } from 'yaml'
import type { z } from 'zod'
import { brokenKvRules } from './kv-scenario-rules.ts'
import { kvScenarioSchema, type KvScenario } from './kv-scenario.ts'
import { applyOverride, type AppliedOverride } from './override.ts'
import { ScenarioError, shown, fieldOf, type FieldPath, type Problem } from './scenario-error.ts'
import { problemsOf } from './scenario-problems.ts'
import { brokenRules } from './scenario-rules.ts'
import { DEFAULT_DRAIN_SECONDS } from './scenario-phases.ts'
import { scenarioSchema, type Scenario } from './scenario.ts'

const MAX_TEXT_LENGTH = 1_048_576
const MAX_PROBLEMS_SHOWN = 20

interface ScenarioText {
  readonly text: string
  /** The name under which messages speak of it. */
  readonly file: string
  /** `--set` arguments, `field=value`, later ones over earlier ones. */
  readonly overrides: readonly string[]
}

/** Throws a ScenarioError that names every problem with its line (or its `--set`), what was expected, what came, and a near match. */
export function parseScenario(source: ScenarioText): Scenario {
  return checked(read(source), scenarioSchema, brokenRules)
}

/** The same for a file that may be of either exercise. */
export function parseAnyScenario(source: ScenarioText): Scenario | KvScenario {
  const reading = read(source)
  return fieldOf(reading.root, 'exercise') === 'kv'
    ? checked(reading, kvScenarioSchema, brokenKvRules)
    : checked(reading, scenarioSchema, brokenRules)
}

/** What was written, with the overrides in it, and how to say where a problem is. */
interface Reading {
  readonly root: unknown
  fail(problems: readonly Problem[]): never
}

function read({ text, file, overrides }: ScenarioText): Reading {
  const lines = new LineCounter()
  const { document, root } = readYaml(text, file, lines)
  addDrain(root)
  const applied = overrides.map(override => applyOverride(root, override))
  return {
    root,
    fail(problems) {
      const shownProblems = problems
        .slice(0, MAX_PROBLEMS_SHOWN)
        .map(problem => `${place(problem, applied, document, file, lines)}: ${problem.text}`)
      const rest = problems.length - shownProblems.length
      throw new ScenarioError([...shownProblems, ...(rest > 0 ? [`${file}: and ${rest} more like these.`] : [])].join('\n'))
    },
  }
}

function checked<Parsed>(reading: Reading, schema: z.ZodType<Parsed>, broken: (scenario: Parsed) => Problem[]): Parsed {
  const parsed = schema.safeParse(reading.root)
  if (!parsed.success) return reading.fail(problemsOf(parsed.error.issues, reading.root))
  const problems = broken(parsed.data)
  if (problems.length > 0) reading.fail(problems)
  return parsed.data
}

function readYaml(text: string, file: string, lineCounter: LineCounter): { document: Document; root: unknown } {
  if (text.length > MAX_TEXT_LENGTH) {
    throw new ScenarioError(`${file}: Expected a scenario of at most ${MAX_TEXT_LENGTH} characters, got ${text.length}.`)
  }
  const document = parseDocument(text, { lineCounter, prettyErrors: false })
  const faults = [...document.errors, ...document.warnings].slice(0, MAX_PROBLEMS_SHOWN)
  if (faults.length > 0) {
    const problems = faults.map(({ message, pos }) => `${file}:${lineCounter.linePos(pos[0]).line}: Expected valid YAML: ${message}.`)
    throw new ScenarioError(problems.join('\n'))
  }
  try {
    return { document, root: document.toJS() }
  } catch (error) {
    // Aliases that multiply ("billion laughs") are the one thing that only shows on expansion.
    throw new ScenarioError(`${file}: Expected valid YAML: ${error instanceof Error ? error.message : shown(error)}.`, { cause: error })
  }
}

/** Before the overrides, so that `--set phases.drain.seconds=5` has something to change. */
function addDrain(root: unknown): void {
  const phases = fieldOf(root, 'phases')
  if (!Array.isArray(phases) || phases.some(phase => fieldOf(phase, 'kind') === 'drain')) return
  phases.push({ name: 'drain', kind: 'drain', seconds: DEFAULT_DRAIN_SECONDS })
}

/** The `--set` that set what the problem is about, or the line in the file. */
function place({ paths }: Problem, overrides: readonly AppliedOverride[], document: Document, file: string, lines: LineCounter): string {
  const setting = overrides.findLast(({ path }) => paths.some(field => startsWith(field, path) || startsWith(path, field)))
  if (setting) return `--set ${setting.text}`
  const [first] = paths
  for (let length = first.length; length > 0; length--) {
    const field = first.slice(0, length)
    const offset = offsetOf(document, field)
    if (offset !== undefined) return `${file}:${lines.linePos(offset).line}`
    // The block is not in the file at all: whoever set something in it has begun it.
    const beginning = overrides.find(({ path }) => startsWith(path, field))
    if (beginning) return `--set ${beginning.text}`
  }
  return `${file}:1`
}

function startsWith(path: FieldPath, start: FieldPath): boolean {
  return start.length <= path.length && start.every((step, index) => step === path[index])
}

/** Where a field's key, or a list's item, begins in the file. */
function offsetOf(document: Document, path: FieldPath): number | undefined {
  let node: unknown = document.contents
  let offset: number | undefined
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document)
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step))
      if (!pair || !isScalar(pair.key)) return undefined
      offset = pair.key.range?.[0]
      node = pair.value
    } else if (isSeq(node) && typeof step === 'number') {
      node = node.items[step]
      if (!isMap(node) && !isScalar(node) && !isSeq(node)) return undefined
      offset = node.range?.[0]
    } else return undefined
  }
  return offset
}
