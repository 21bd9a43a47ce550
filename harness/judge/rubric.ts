/** The rubric as a file that interviewers edit: what is looked for, one line each, and which lines make which grade. */
import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, type Document } from 'yaml'
import { z } from 'zod'
import { checksNamed } from './check-ids.ts'

const MAX_LINES = 200
const MAX_GRADES = 20
const MAX_TEXT = 300

const name = z
  .string()
  .max(60)
  .regex(/^[a-z0-9][a-z0-9-]*$/, 'Expected lower-case letters, digits and hyphens')
const sentence = z.string().min(1).max(MAX_TEXT)

const gradeSchema = z.strictObject({
  level: name,
  grade: z.int().min(1).max(9),
  /** How many lines of need `some` may be not met. */
  mayMiss: z.int().min(0).max(MAX_LINES),
  /** `level grade` of the grade that has to be reached as well. */
  buildsOn: z.string().optional(),
  means: sentence,
})

const lineSchema = z.strictObject({
  id: name,
  stage: z.union([
    z.enum(['before', '1', '2', '3', '4', '5', '6', 'follow-up', 'safe']),
    z.literal([1, 2, 3, 4, 5, 6]).transform(stage => String(stage) as '1'),
  ]),
  level: name,
  grade: z.int().min(1).max(9),
  need: z.enum(['must', 'some', 'extra']),
  looksFor: sentence,
  checks: z.array(z.string()).max(40).default([]),
  hintsAtMost: z.int().min(0).max(1000).optional(),
  met: z.enum(['none fails', 'all pass', 'ticked', 'none fails or ticked', 'few hints']),
  decides: z.enum(['assay', 'interviewer', 'either']),
})

const rubricSchema = z.strictObject({
  version: z.literal(1),
  /** Whose checks the lines name. */
  exercise: z.enum(['chat', 'kv']).default('chat'),
  grades: z.array(gradeSchema).min(1).max(MAX_GRADES),
  lines: z.array(lineSchema).min(1).max(MAX_LINES),
})

export type RubricGrade = z.infer<typeof gradeSchema>
export type RubricLine = z.infer<typeof lineSchema>
export type Rubric = z.infer<typeof rubricSchema>

/** The user's fault: the file is not a rubric. The message names file, line and field. */
export class RubricError extends Error {
  override readonly name = 'RubricError'
}

type Path = readonly PropertyKey[]
type Complaint = { readonly path: Path; readonly text: string }

/**
 * Parses a rubric. `file` stands in messages only.
 * @throws RubricError that names each faulty line and field, at most ten of them.
 */
export function parseRubric(text: string, file: string): Rubric {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const [syntax] = document.errors
  if (syntax !== undefined) {
    throw new RubricError(`${file}:${lines.linePos(syntax.pos[0]).line}: Expected YAML, got: ${syntax.message}. Mend that line.`)
  }
  const parsed = rubricSchema.safeParse(document.toJS({ maxAliasCount: 100 }))
  const complaints = parsed.success ? contradictions(parsed.data) : parsed.error.issues.map(complaintOf)
  if (parsed.success && complaints.length === 0) return parsed.data
  const where = (path: Path): string => `${file}:${lineOf(document, lines, path)}: ${fieldOf(document, path)}`
  const shown = complaints.slice(0, 10).map(complaint => `${where(complaint.path)}: ${complaint.text}`)
  throw new RubricError(shown.join('\n'))
}

function complaintOf(issue: z.core.$ZodIssue): Complaint {
  if (issue.code === 'unrecognized_keys') {
    const known = 'The fields are explained at the top of docs/rubric.yaml.'
    return {
      path: [...issue.path, issue.keys[0] ?? ''],
      text: `Expected a field of a rubric, got \`${issue.keys.join('`, `')}\`. ${known}`,
    }
  }
  return { path: issue.path, text: `${issue.message}. Mend the field.` }
}

/** What no field shows by itself: names that lead nowhere, and ways to be met that do not go with who decides. */
function contradictions(rubric: Rubric): Complaint[] {
  return [
    ...rubric.grades.flatMap((_, index) => gradeComplaints(rubric, index)),
    ...rubric.lines.flatMap((_, index) => lineComplaints(rubric, index)),
  ]
}

function gradeComplaints(rubric: Rubric, index: number): Complaint[] {
  const grade = rubric.grades[index]
  if (grade === undefined) return []
  const earlier = rubric.grades.slice(0, index).map(gradeName)
  const complaints: Complaint[] = []
  if (earlier.includes(gradeName(grade)))
    complaints.push({ path: ['grades', index], text: `Expected each grade once, got \`${gradeName(grade)}\` again. Take one away.` })
  if (grade.buildsOn !== undefined && !earlier.includes(grade.buildsOn)) {
    const text = `Expected a grade that stands above this line (${earlier.join(', ') || 'there is none'}), got \`${grade.buildsOn}\`. Write level and grade, e.g. \`one 3\`.`
    complaints.push({ path: ['grades', index, 'buildsOn'], text })
  }
  return complaints
}

const DECIDERS: Readonly<Record<RubricLine['met'], RubricLine['decides']>> = {
  'none fails': 'assay',
  'all pass': 'assay',
  'few hints': 'assay',
  ticked: 'interviewer',
  'none fails or ticked': 'either',
}

function lineComplaints(rubric: Rubric, index: number): Complaint[] {
  const line = rubric.lines[index]
  if (line === undefined) return []
  const complaints: Complaint[] = []
  const say = (field: string, text: string): void => void complaints.push({ path: ['lines', index, field], text })
  if (rubric.lines.slice(0, index).some(other => other.id === line.id))
    say('id', `Expected each id once, got \`${line.id}\` again. Choose another.`)
  if (!rubric.grades.some(grade => gradeName(grade) === gradeName(line)))
    say('grade', `Expected a grade that is listed under \`grades\`, got \`${gradeName(line)}\`. List it there.`)
  if (DECIDERS[line.met] !== line.decides)
    say('decides', `Expected \`${DECIDERS[line.met]}\` beside \`met: ${line.met}\`, got \`${line.decides}\`. Change one of the two.`)
  const needsChecks = line.met !== 'ticked' && line.met !== 'few hints'
  if (needsChecks !== line.checks.length > 0)
    say(
      'checks',
      `Expected ${needsChecks ? 'check ids' : 'no check ids'} beside \`met: ${line.met}\`, got ${line.checks.length}. Change one of the two.`,
    )
  if ((line.met === 'few hints') !== (line.hintsAtMost !== undefined))
    say('hintsAtMost', 'Expected `hintsAtMost` beside `met: few hints`, and nowhere else. Add it or take it away.')
  line.checks.forEach((pattern, place) => {
    if (checksNamed(pattern, rubric.exercise).length === 0)
      complaints.push({
        path: ['lines', index, 'checks', place],
        text: `Expected a check id, got \`${pattern}\`. \`assay check --list\` names them.`,
      })
  })
  return complaints
}

/** `one 3`: how a grade is called in `buildsOn` and in reasons. */
export function gradeName({ level, grade }: Pick<RubricGrade, 'level' | 'grade'>): string {
  return `${level} ${grade}`
}

/** `lines[delivers].checks`: by its id where it has one, since nobody counts list items. */
function fieldOf(document: Document, path: Path): string {
  return path
    .map((part, depth) => {
      if (typeof part !== 'number') return depth === 0 ? String(part) : `.${String(part)}`
      const id: unknown = document.getIn([...path.slice(0, depth + 1), 'id'])
      return `[${typeof id === 'string' ? id : part}]`
    })
    .join('')
}

function lineOf(document: Document, lines: LineCounter, path: Path): number {
  let offset = 0
  let node: unknown = document.contents
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find(item => isScalar(item.key) && item.key.value === part)
      if (pair === undefined) break
      if (isNode(pair.key)) offset = pair.key.range?.[0] ?? offset
      node = pair.value
    } else if (isSeq(node) && typeof part === 'number') {
      node = node.items[part]
      if (isNode(node)) offset = node.range?.[0] ?? offset
    } else break
  }
  return lines.linePos(offset).line
}
