/** The interviewer's own record of an interview: `interview.yaml` beside the candidate's code, plain enough to be edited by hand. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseDocument, stringify } from 'yaml'
import { z } from 'zod'
import { MisuseError } from '../candidate/fault.ts'
import type { ExerciseName } from '../judge/check-ids.ts'
import type { Interview } from '../judge/interview.ts'
import { saveFile } from './run-files.ts'

export const INTERVIEW_STAGES = ['before', '1', '2', '3', '4', '5', '6', 'follow-up'] as const
export type InterviewStage = (typeof INTERVIEW_STAGES)[number]
/** As their guides have them, in their order. */
export const STAGES_OF: Readonly<Record<ExerciseName, readonly InterviewStage[]>> = {
  chat: ['before', '1', '2', '3', 'follow-up'],
  kv: INTERVIEW_STAGES,
}
/** From a nudge to the answer itself. */
export const HINT_LEVELS = ['1', '2', '3', '4'] as const

const MAX_ENTRIES = 1000
const HEADING = '# Kept by `assay interview`. Edit it freely; `assay forget` deletes it. Candidates and their servers never see it.\n'

const stage = z.union([z.enum(INTERVIEW_STAGES), z.literal([1, 2, 3, 4, 5, 6]).transform(number => String(number) as InterviewStage)])
const moment = z.iso.datetime()
const text = z.string().max(5000)

const interviewFileSchema = z.strictObject({
  version: z.literal(1),
  anonymous: z.boolean().default(false),
  /** The clock of each stage, in the order held; `endedAt` is null while it runs. A stage may be held twice. */
  stages: z.array(z.strictObject({ stage, startedAt: moment, endedAt: moment.nullable() })).max(MAX_ENTRIES),
  hints: z.array(z.strictObject({ at: moment, stage, level: z.int().min(1).max(4), text })).max(MAX_ENTRIES),
  notes: z.array(z.strictObject({ at: moment, stage, text })).max(MAX_ENTRIES),
  /** By id of a rubric line: seen, or looked for and not seen. */
  ticks: z.record(z.string(), z.boolean()),
  grade: z.string().max(200).nullable(),
})

export type InterviewFile = z.infer<typeof interviewFileSchema>

export function emptyInterview(anonymous: boolean): InterviewFile {
  return { version: 1, anonymous, stages: [], hints: [], notes: [], ticks: {}, grade: null }
}

export function interviewPath(folder: string): string {
  return join(folder, 'interview.yaml')
}

/**
 * `null` where none was started.
 * @throws MisuseError naming file and field where it was edited into something else.
 */
export function readInterview(folder: string): InterviewFile | null {
  const file = interviewPath(folder)
  if (!existsSync(file)) return null
  const document = parseDocument(readFileSync(file, 'utf8'), { prettyErrors: false })
  const [syntax] = document.errors
  if (syntax !== undefined) throw new MisuseError(`${file}: Expected YAML, got: ${syntax.message}. Mend it by hand.`)
  const parsed = interviewFileSchema.safeParse(document.toJS({ maxAliasCount: 100 }))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new MisuseError(`${file}: \`${issue?.path.join('.') ?? ''}\`: ${issue?.message ?? 'is different'}. Mend it by hand.`)
}

export function writeInterview(folder: string, interview: InterviewFile): void {
  saveFile(interviewPath(folder), HEADING + stringify(interview, { lineWidth: 0 }))
}

/** As a scorecard and a grade need it. A clock that still runs counts until `now`. */
export function interviewOf(file: InterviewFile, now: Date): Interview {
  const minutes = (wanted: InterviewStage): number =>
    file.stages
      .filter(({ stage: held }) => held === wanted)
      .reduce(
        (sum, { startedAt, endedAt }) => sum + ((endedAt === null ? now.getTime() : Date.parse(endedAt)) - Date.parse(startedAt)),
        0,
      ) / 60_000
  const held = [...new Set(file.stages.map(({ stage: one }) => one))]
  return {
    ticks: file.ticks,
    hints: file.hints.map(({ stage: at, level, text: words }) => ({ stage: at, level, text: words })),
    notes: file.notes.map(({ stage: at, text: words }) => ({ stage: at, text: words })),
    stages: held.map(one => ({ stage: one, minutes: Math.max(0, Math.round(minutes(one) * 10) / 10) })),
    grade: file.grade,
  }
}
