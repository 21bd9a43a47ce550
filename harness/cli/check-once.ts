/** One examination from start to files: what was found is on disk at every moment. */
import type { ContainmentName } from '../candidate/contain-level.ts'
import { MisuseError } from '../candidate/fault.ts'
import type { Target } from '../candidate/find-candidate.ts'
import { examineCandidate } from '../examine/examine-candidate.ts'
import { exerciseOf } from '../examine/exercise-list.ts'
import type { Rubric } from '../judge/rubric.ts'
import { loadRubric } from './rubric-file.ts'
import { judgeRubric } from '../judge/rubric-judgement.ts'
import type { CheckRecord } from '../record/check-record.ts'
import { renderScorecard } from '../../reports/scorecard.ts'
import { nameless } from '../../reports/scorecard/nameless.ts'
import type { ScorecardOptions } from '../../reports/scorecard/scorecard-options.ts'
import { type CheckFolder, createCheckFolder } from './check-files.ts'
import { createCheckProgress } from './check-progress.ts'
import type { NamedTarget } from './check-targets.ts'
import { interviewOf, readInterview } from './interview-file.ts'
import { scorecardOptions } from './scorecard-sources.ts'

const NAMELESS_FOLDER = 'candidate'
const ENDED_EARLY = 'Ended at the first check that failed, as asked for; those after it were not examined.'

export interface CheckOnceOptions {
  readonly named: NamedTarget
  readonly only: readonly string[] | undefined
  /** Up to which stage; all where it is infinite. */
  readonly stage: number
  readonly quick: boolean
  readonly seed: number
  readonly repeat: number
  readonly containment: ContainmentName | undefined
  readonly buildNetwork: boolean
  readonly pid: number | undefined
  /** Ends at the first check that fails. */
  readonly failFast: boolean
  readonly out: string | undefined
  /** The user's own rubric; `undefined` for the exercise's. */
  readonly rubricFile: string | undefined
  readonly audience: 'interviewer' | 'candidate'
  readonly anonymous: boolean
  /** Its number among several candidates, from 1. */
  readonly place: number | undefined
  readonly signal: AbortSignal
}

export interface FinishedCheck {
  readonly named: NamedTarget
  readonly record: CheckRecord
  /** What may be printed of it: the record, without a name where none is wanted. */
  readonly shown: CheckRecord
  readonly folder: CheckFolder
  /** What the scorecard was drawn from beside the record. */
  readonly sources: ScorecardOptions
}

/** Examines one candidate and saves the record; a candidate that does not build or start gives a record too. */
export async function checkOnce(options: CheckOnceOptions): Promise<FinishedCheck> {
  const { named, only, containment, pid } = options
  const { target, text } = named
  const rubric = loadRubric(options.rubricFile, exerciseOf(target).name)
  const name = target.kind === 'url' ? target.url : target.manifest.name
  const folder = createCheckFolder(options.out, new Date(), wantsNoName(options) ? NAMELESS_FOLDER : name, options.place)
  const progress = createCheckProgress(process.stderr)
  const enough = new AbortController()
  try {
    const examined = await examineCandidate({
      target,
      targetText: text,
      ...(only === undefined ? {} : { only }),
      stage: options.stage,
      quick: options.quick,
      seed: options.seed,
      repeat: options.repeat,
      signal: AbortSignal.any([options.signal, enough.signal]),
      ...(containment === undefined ? {} : { containment }),
      buildNetwork: options.buildNetwork,
      ...(pid === undefined ? {} : { pid }),
      onProgress(shown) {
        progress.show(shown)
        if (options.failFast && shown.result?.outcome === 'fail' && shown.result.distinction !== true) enough.abort()
      },
      onRecord: soFar => folder.writeRecord(soFar),
    })
    const ended = enough.signal.aborted && !options.signal.aborted ? { ...examined, statusText: ENDED_EARLY } : examined
    // Before its grade: an interview may have been edited meanwhile into something that cannot be read.
    folder.writeRecord(ended)
    const record = graded(ended, rubric, target)
    folder.writeRecord(record)
    const sources = await scorecardOptions(target, { ...options, rubric })
    folder.writeScorecard(renderScorecard(record, sources))
    return { named, record, shown: sources.anonymous ? nameless(record, standInOf(options)) : record, folder, sources }
  } finally {
    progress.end()
  }
}

/** So that a path which is printed tells no name either. An interview file that cannot be read is complained of at the end. */
function wantsNoName({ anonymous, named: { target } }: CheckOnceOptions): boolean {
  if (anonymous || target.kind === 'url') return anonymous
  try {
    return readInterview(target.folder)?.anonymous === true
  } catch (error) {
    if (error instanceof MisuseError) return false
    throw error
  }
}

function standInOf({ place }: CheckOnceOptions): string {
  return place === undefined ? 'the candidate' : `candidate ${place}`
}

/** The grade goes by the ticks of an interview too, where one is kept beside the candidate. */
function graded(record: CheckRecord, rubric: Rubric, target: Target): CheckRecord {
  const interview = target.kind === 'manifest' ? readInterview(target.folder) : null
  const { suggestedGrade } = judgeRubric(rubric, record, interview === null ? null : interviewOf(interview, new Date()))
  return { ...record, suggestedGrade }
}
