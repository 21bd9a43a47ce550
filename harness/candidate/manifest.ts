import { z } from 'zod'
import { parseYamlObject, type YamlObject } from './manifest-yaml.ts'
import { MisuseError } from './fault.ts'
import { nearMatch } from './near-match.ts'

/** Languages that have a pair of controls and a starter. Any other name is allowed too, and is then examined without controls. */
const KNOWN_LANGUAGES = ['typescript', 'javascript', 'python', 'java', 'go', 'rust', 'cpp'] as const

/** Names are shown in terminals and pages; they hold no control characters. */
const printable = z
  .string()
  .trim()
  .regex(/^\P{C}*$/u, 'without control characters')
const command = z.string().trim().min(1)
const checkIds = z.array(z.string()).default([])

/** What is said of one candidate, and does not hold for what is laid over it: a flawed sample promises less than the right one under it. */
const OWN_FIELDS: readonly string[] = ['name', 'about', 'expect', 'usernames']

/** What a `candidate.yaml` says. Times are in seconds unless the name ends in another unit. */
const manifestSchema = z.strictObject({
  name: printable.min(1).max(100).describe('How the candidate is called in reports.'),
  exercise: z.enum(['chat', 'kv']).default('chat').describe('Which contract the server speaks.'),
  language: printable
    .min(1)
    .max(40)
    .describe(`One of ${KNOWN_LANGUAGES.join(', ')}, or any other name (then without controls).`),
  transport: z.enum(['ws', 'tcp', 'http']).describe('ws or tcp for chat; http for kv.'),
  run: command.describe('One shell command that starts the server in the foreground. It gets HOST and PORT in its environment.'),
  build: command.optional().describe("One shell command, repeated only when the folder's content changed."),
  env: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.union([z.string(), z.number(), z.boolean()]).transform(String))
    .default({})
    .describe('More environment for build and run.'),
  readyTimeout: z.number().positive().max(600).default(10).describe('Seconds until the server must accept connections.'),
  usernames: z
    .enum(['replace', 'refuse', 'allow'])
    .optional()
    .describe('What a second connection with the same user name gets. Without it the user-name checks are not attempted.'),
  sla: z
    .strictObject({ p99Ms: z.number().positive().default(1000) })
    .default({ p99Ms: 1000 })
    .describe('The service level that every verdict shows.'),
  expect: z
    .strictObject({ must: checkIds, may: checkIds })
    .optional()
    .describe('Graded samples only: the checks that fail, and those that may fail too. Never changes a verdict.'),
  base: z
    .string()
    .min(1)
    .optional()
    .describe('A folder, relative to this one, that is copied first; this folder is then laid over it. It may have a base itself.'),
  about: z.string().optional().describe('One sentence on what this candidate is, for lists and reports.'),
})

/** A validated manifest; `name` to `about` as in the schema. */
export type Manifest = Readonly<z.infer<typeof manifestSchema>>

/**
 * Reads a manifest, and those of its bases, nearest first. What `overlay` says holds, then what the nearest base says, and so on; name,
 * about, expect and usernames are never taken from a base.
 *
 * @throws MisuseError naming file, line, field, what was expected and the nearest known word.
 */
export function parseManifest(overlay: ManifestSource, bases: readonly ManifestSource[] = []): Manifest {
  const own = parseYamlObject(overlay.text, overlay.file)
  const layers: Layers = [own, ...bases.map(({ text, file }) => inheritable(parseYamlObject(text, file)))]
  const merged = Object.fromEntries(layers.toReversed().flatMap(({ value }) => Object.entries(value)))
  const result = manifestSchema.safeParse(merged)
  if (result.success) return checkTransport(result.data, own)
  throw new MisuseError(result.error.issues.map(issue => describeIssue(issue, layers)).join('\n'))
}

function inheritable(base: YamlObject): YamlObject {
  return { ...base, value: Object.fromEntries(Object.entries(base.value).filter(([field]) => !OWN_FIELDS.includes(field))) }
}

/** The candidate's own manifest, then those of its bases, nearest first. */
type Layers = readonly [YamlObject, ...YamlObject[]]

/** The text of one manifest, and the path to name in messages. */
export type ManifestSource = { readonly text: string; readonly file: string }

/** The `base` that a manifest names, read before the whole is validated; `undefined` when there is none. */
export function baseOf(source: ManifestSource): string | undefined {
  const { value } = parseYamlObject(source.text, source.file)
  return typeof value['base'] === 'string' ? value['base'] : undefined
}

function checkTransport(manifest: Manifest, own: YamlObject): Manifest {
  const allowed = manifest.exercise === 'kv' ? ['http'] : ['ws', 'tcp']
  if (allowed.includes(manifest.transport)) return manifest
  const expected = `Expected \`transport\` to be ${allowed.join(' or ')} for exercise ${manifest.exercise}, got ${manifest.transport}.`
  throw new MisuseError(`${own.locate(['transport'])}: ${expected} Change that line.`)
}

function describeIssue(issue: z.core.$ZodIssue, layers: Layers): string {
  const path = issue.path.map(String)
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(key => describeUnknownField([...path, key], layers)).join('\n')
  }
  const source = sourceOf(path, layers)
  const field = path.join('.') || 'the manifest'
  const written = source.read(path)
  const got = written === undefined ? 'nothing' : JSON.stringify(written)
  const hint = nearHint(issue, written)
  const todo = written === undefined ? `Add \`${field}:\` to ${source.file}.` : 'Change that line.'
  return `${source.locate(path)}: Expected \`${field}\` to be ${expectation(issue)}, got ${got}.${hint} ${todo}`
}

function describeUnknownField(path: readonly string[], layers: Layers): string {
  const source = sourceOf(path, layers)
  const key = path.at(-1) ?? ''
  const known = knownFields(path.slice(0, -1))
  const near = nearMatch(key, known)
  const advice = near === undefined ? 'Remove it.' : `Did you mean \`${near}\`?`
  return `${source.locate(path)}: Expected \`${path.join('.')}\` to be a field that Assay knows (${known.join(', ')}), got \`${key}\`. ${advice}`
}

/** The manifest that a field comes from; what no one wrote is missing in the candidate's own. */
function sourceOf([top]: readonly string[], layers: Layers): YamlObject {
  return layers.find(({ value }) => top !== undefined && Object.hasOwn(value, top)) ?? layers[0]
}

function knownFields(parent: readonly string[]): string[] {
  switch (parent[0]) {
    case undefined:
      return Object.keys(manifestSchema.shape)
    case 'sla':
      return ['p99Ms']
    case 'expect':
      return ['must', 'may']
    default:
      return []
  }
}

function expectation(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') return issue.expected === 'string' ? 'a text' : `a ${issue.expected}`
  if (issue.code === 'invalid_value') return `one of ${issue.values.join(', ')}`
  if (issue.code === 'too_small') return issue.origin === 'string' ? 'a text that is not empty' : `more than ${issue.minimum}`
  if (issue.code === 'too_big') return `at most ${issue.maximum}${issue.origin === 'string' ? ' characters' : ''}`
  if (issue.code === 'invalid_union') return 'a text, a number or true/false'
  return `valid (${issue.message})`
}

function nearHint(issue: z.core.$ZodIssue, written: unknown): string {
  if (issue.code !== 'invalid_value' || typeof written !== 'string') return ''
  const near = nearMatch(written, issue.values.map(String))
  return near === undefined ? '' : ` Did you mean \`${near}\`?`
}
