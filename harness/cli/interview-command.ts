/** `assay interview`: clocks, hints, notes and ticks of an interview, kept in a plain file beside the candidate. */
import { statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { type Command, Option } from 'commander'
import { MisuseError } from '../candidate/fault.ts'
import { nearMatch } from '../candidate/near-match.ts'
import { judgeRubric } from '../judge/rubric-judgement.ts'
import { renderScorecard } from '../../reports/scorecard.ts'
import { renderScorecardText } from '../../reports/scorecard-text.ts'
import { quoteForShell } from '../../reports/text/quote-for-shell.ts'
import { readCheckRecord, recordsOf } from './check-records.ts'
import { findTargetQuietly } from './check-targets.ts'
import { MissingManifestError, resolveTarget } from '../candidate/find-candidate.ts'
import { exerciseOf } from '../examine/exercise-list.ts'
import type { ExerciseName } from '../judge/check-ids.ts'
import type { Rubric } from '../judge/rubric.ts'
import {
  emptyInterview,
  HINT_LEVELS,
  INTERVIEW_STAGES,
  type InterviewFile,
  interviewPath,
  type InterviewStage,
  readInterview,
  STAGES_OF,
  writeInterview,
} from './interview-file.ts'
import { loadRubric } from './rubric-file.ts'
import { saveFile } from './run-files.ts'
import { scorecardOptions } from './scorecard-sources.ts'
import { terminalOptions } from './terminal-options.ts'

interface Flags {
  readonly stage?: InterviewStage
  readonly anonymous?: true
  readonly level?: string
  readonly tick: readonly string[]
  readonly untick: readonly string[]
  readonly grade?: string
  readonly record?: string
  readonly rubric?: string
}

const RUBRIC_TEXT = 'your own rubric (default: docs/rubric.yaml, or docs/rubric-kv.yaml for a store)'

export function addInterviewCommand(program: Command): void {
  const interview = program
    .command('interview')
    .summary('keep clocks, hints, notes and a grade while you interview')
    .description(
      "Keeps the clock of each stage, hints with their level, notes and ticks in interview.yaml in the candidate's folder. The candidate's\n" +
        'server never sees that file. `assay guide` says how to hold the interview.',
    )
    .addHelpText(
      'after',
      `
Examples:
  assay interview start ann/                     the first stage's clock runs
  assay interview note ann/ "asked for the SLA" --tick sla
  assay interview hint ann/ "what if two join at once?" --level 1
  assay interview start ann/                     ends that stage, begins the next
  assay interview finish ann/ --grade "level one: 3"`,
    )
  const stageOption = () => new Option('--stage <stage>', 'which stage (4, 5 and 6: of a key-value store)').choices(INTERVIEW_STAGES)
  interview
    .command('start')
    .summary('start the clock of the next stage')
    .argument('<candidate>', "the candidate's folder")
    .addOption(stageOption())
    .option('--anonymous', 'leaves the name out of the scorecard')
    .addHelpText(
      'after',
      '\nExamples:\n  assay interview start ann/               the next stage\n  assay interview start ann/ --stage 2     that one, perhaps again',
    )
    .action(async (folder: string, flags: Flags) => await start(folderOf(folder), flags, new Date()))
  interview
    .command('note')
    .summary('write something down')
    .argument('<candidate>', "the candidate's folder")
    .argument('[words...]', 'the note')
    .addOption(stageOption())
    .option('--tick <id>', 'a line of the rubric that was seen; may be given again', collect, [])
    .option('--untick <id>', 'a line that was looked for and not seen', collect, [])
    .option('--rubric <file>', RUBRIC_TEXT)
    .addHelpText(
      'after',
      '\nExamples:\n  assay interview note ann/ "asked for the SLA" --tick sla\n  assay interview note ann/ --untick explores --stage before',
    )
    .action(
      async (folder: string, words: readonly string[], flags: Flags) => await note(folderOf(folder), words.join(' '), flags, new Date()),
    )
  interview
    .command('hint')
    .summary('write down a hint that was given')
    .argument('<candidate>', "the candidate's folder")
    .argument('<words...>', 'the hint')
    .addOption(new Option('--level <n>', 'from 1, a nudge, to 4, the answer itself').choices(HINT_LEVELS).makeOptionMandatory())
    .addOption(stageOption())
    .addHelpText('after', '\nExample:\n  assay interview hint ann/ "what if two join at once?" --level 1')
    .action(
      async (folder: string, words: readonly string[], flags: Flags) => await hint(folderOf(folder), words.join(' '), flags, new Date()),
    )
  interview
    .command('finish')
    .summary('end the clock, give your grade, then see the suggested one and why')
    .argument('<candidate>', "the candidate's folder")
    .option('--grade <grade>', 'your own grade; asked for when left out')
    .option('--record <check.json>', 'which examination (default: the newest of this folder in reports/out)')
    .option('--rubric <file>', RUBRIC_TEXT)
    .addHelpText(
      'after',
      '\nExamples:\n  assay interview finish ann/\n  assay interview finish ann/ --grade "level one: 3" --record reports/out/2026-01-01-120000-check-ann/check.json',
    )
    .action(async (folder: string, flags: Flags) => await finish(folderOf(folder), flags, new Date()))
}

async function start(folder: string, flags: Flags, now: Date): Promise<void> {
  const exercise = await exerciseIn(folder)
  assertStageFits(flags, exercise)
  const before = readInterview(folder) ?? emptyInterview(flags.anonymous === true)
  const held = before.stages.map(({ stage }) => stage)
  const next = flags.stage ?? STAGES_OF[exercise ?? 'chat'].find(stage => !held.includes(stage) && isAfter(stage, held.at(-1)))
  if (next === undefined) throw new MisuseError('Expected a stage that was not held yet, but all were. Name one to hold again: --stage 2.')
  const ended = endClock(before, now)
  const stages = [...ended.stages, { stage: next, startedAt: now.toISOString(), endedAt: null }]
  writeInterview(folder, { ...ended, anonymous: before.anonymous || flags.anonymous === true, stages })
  say(`The clock of ${stageName(next)} runs. Kept in ${interviewPath(folder)}.`)
}

async function note(folder: string, text: string, flags: Flags, now: Date): Promise<void> {
  if (text.trim() === '' && flags.tick.length + flags.untick.length === 0)
    throw new MisuseError('Expected a note or a --tick, got neither. For example: assay interview note ann/ "asked for the SLA" --tick sla')
  const file = started(folder)
  assertStageFits(flags, await exerciseIn(folder))
  const known = (await rubricOf(folder, flags)).lines.map(({ id }) => id)
  const ticks = { ...file.ticks }
  for (const id of flags.tick) ticks[rubricLine(id, known)] = true
  for (const id of flags.untick) ticks[rubricLine(id, known)] = false
  const notes = text.trim() === '' ? file.notes : [...file.notes, { at: now.toISOString(), stage: stageNow(file, flags), text }]
  writeInterview(folder, { ...file, ticks, notes })
  say(`Noted at ${stageName(stageNow(file, flags))}.`)
}

async function hint(folder: string, text: string, flags: Flags, now: Date): Promise<void> {
  const file = started(folder)
  assertStageFits(flags, await exerciseIn(folder))
  const hints = [...file.hints, { at: now.toISOString(), stage: stageNow(file, flags), level: Number(flags.level ?? 1), text }]
  writeInterview(folder, { ...file, hints })
  say(`Hint ${hints.length} kept, level ${flags.level ?? '1'}, at ${stageName(stageNow(file, flags))}.`)
}

async function finish(folder: string, flags: Flags, now: Date): Promise<void> {
  const file = started(folder)
  const rubric = await rubricOf(folder, flags)
  // The interviewer's own grade first: who has seen a suggestion no longer has one of their own.
  const grade = flags.grade ?? file.grade ?? (await askGrade())
  writeInterview(folder, { ...endClock(file, now), grade })
  const recordPath = flags.record ?? recordsOf(folder).at(-1)
  if (recordPath === undefined) {
    say(
      `Your grade is kept: ${grade}. Nothing is suggested, since no examination of ${folder} is kept here: assay check ${quoteForShell(folder)}`,
    )
    return
  }
  const { target } = await findTargetQuietly(folder)
  const options = await scorecardOptions(target, { rubric, audience: 'interviewer', anonymous: file.anonymous })
  const record = readCheckRecord(recordPath)
  const { suggestedGrade } = judgeRubric(rubric, record, options.interview)
  const page = join(recordPath.endsWith('.json') ? dirname(recordPath) : recordPath, 'scorecard.html')
  saveFile(page, renderScorecard({ ...record, suggestedGrade }, options))
  say(`Your grade       ${grade}`)
  say(`Suggested grade  ${suggestedGrade ?? 'none: nothing could be observed'}\n`)
  process.stdout.write(renderScorecardText(record, { ...options, ...terminalOptions(process.stdout) }))
  say(`\nscorecard    ${page}`)
}

/** Of the exercise that the folder's manifest names; a folder without one is chat's. */
async function rubricOf(folder: string, { rubric }: Flags): Promise<Rubric> {
  try {
    return loadRubric(rubric, exerciseOf(await resolveTarget(folder)).name)
  } catch (error) {
    if (error instanceof MissingManifestError) return loadRubric(rubric, 'chat')
    throw error
  }
}

async function askGrade(): Promise<string> {
  if (!process.stdin.isTTY)
    throw new MisuseError('Expected your own grade before the suggested one is shown, got none. Give it: --grade "level one: 3".')
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  try {
    const answer = (await terminal.question('Your own grade, before the suggested one is shown: ')).trim()
    if (answer === '') throw new MisuseError('Expected a grade, got nothing. Nothing was changed.')
    return answer
  } finally {
    terminal.close()
  }
}

function folderOf(written: string): string {
  const found = statSync(written, { throwIfNoEntry: false })
  if (found?.isDirectory() === true) return resolve(written)
  throw new MisuseError(
    `Expected the candidate's folder, got ${JSON.stringify(written)}, where there is none. Name the folder that was handed in.`,
  )
}

function started(folder: string): InterviewFile {
  const file = readInterview(folder)
  if (file !== null) return file
  throw new MisuseError(
    `Expected an interview to have been started in ${folder}, got none. Begin with: assay interview start ${quoteForShell(folder)}`,
  )
}

/** `null` where no manifest says it, or none that can be read: an interview goes on all the same. */
async function exerciseIn(folder: string): Promise<ExerciseName | null> {
  try {
    return exerciseOf(await resolveTarget(folder)).name
  } catch (error) {
    if (error instanceof MisuseError) return null
    throw error
  }
}

/** @throws MisuseError for a stage that the exercise does not have. */
function assertStageFits({ stage }: Flags, exercise: ExerciseName | null): void {
  if (stage === undefined || exercise === null || STAGES_OF[exercise].includes(stage)) return
  throw new MisuseError(
    `Expected a stage of the exercise ${exercise} (${STAGES_OF[exercise].join(', ')}), got ${stage}. Name one of these, or none for the one that is held.`,
  )
}

function endClock(file: InterviewFile, now: Date): InterviewFile {
  return { ...file, stages: file.stages.map(stage => ({ ...stage, endedAt: stage.endedAt ?? now.toISOString() })) }
}

function stageNow(file: InterviewFile, { stage }: Flags): InterviewStage {
  return stage ?? file.stages.at(-1)?.stage ?? 'before'
}

function isAfter(stage: InterviewStage, last: InterviewStage | undefined): boolean {
  return last === undefined || INTERVIEW_STAGES.indexOf(stage) > INTERVIEW_STAGES.indexOf(last)
}

function stageName(stage: InterviewStage): string {
  switch (stage) {
    case 'before':
      return 'the time before stage 1'
    case 'follow-up':
      return 'the follow-ups'
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
      return `stage ${stage}`
  }
}

function rubricLine(id: string, known: readonly string[]): string {
  if (known.includes(id)) return id
  const near = nearMatch(id, known)
  throw new MisuseError(
    `Expected a line of the rubric, got ${JSON.stringify(id)}.${near === undefined ? '' : ` Did you mean \`${near}\`?`} They are: ${known.join(', ')}.`,
  )
}

function collect(value: string, all: readonly string[]): string[] {
  return [...all, value]
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
