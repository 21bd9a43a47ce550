/** What a run leaves on disk: a folder of its own with `run.json` and `report.html`, written as the run goes on. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { MisuseError } from '../candidate/fault.ts'
import { type RunRecord, runRecordSchema } from '../record/run-record.ts'
import { renderRunReport } from '../../reports/run-report.ts'
import { createOutFolder } from './out-folder.ts'

export interface RunFolder {
  readonly path: string
  readonly reportPath: string
  /** Replaces the record as a whole, so that a reader never sees half of one. */
  writeRecord(record: RunRecord): void
  writeReport(record: RunRecord): void
}

/** `out`: the folder that `--out` names, or undefined for one named after the time, the scenario and the candidate. */
export function createRunFolder(
  out: string | undefined,
  startedAt: Date,
  scenario: string,
  candidate: string,
  repetition: number,
  repeats: number,
): RunFolder {
  const path = createOutFolder(out, startedAt, [scenario, candidate], repeats > 1 ? repetition : undefined)
  const reportPath = join(path, 'report.html')
  return {
    path,
    reportPath,
    writeRecord: record => replaceFile(join(path, 'run.json'), `${JSON.stringify(record)}\n`),
    writeReport: record => replaceFile(reportPath, renderRunReport(record)),
  }
}

/**
 * Reads a saved run: its folder or its run.json.
 * @throws MisuseError when there is none or it is not one.
 */
export function readRun(path: string): RunRecord {
  const file = existsSync(path) && statSync(path).isDirectory() ? join(path, 'run.json') : path
  if (!existsSync(file))
    throw new MisuseError(`Expected a run's folder or its run.json, got ${JSON.stringify(path)}, where there is no such file.`)
  let value: unknown
  try {
    value = JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    throw new MisuseError(`Expected ${file} to be JSON as \`assay run\` writes it; it is not.`)
  }
  const parsed = runRecordSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new MisuseError(
    `Expected ${file} to be a run record (docs/run.schema.json), but ${issue?.path.join('.') ?? 'it'}: ${issue?.message ?? 'is different'}.`,
  )
}

/**
 * Writes a file that the user named, and the folders on the way to it.
 * @throws MisuseError where it cannot be written.
 */
export function saveFile(path: string, text: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true })
    replaceFile(path, text)
  } catch (error) {
    throw new MisuseError(
      `Expected to be able to write ${path}, got: ${error instanceof Error ? error.message : String(error)}. Name another file.`,
    )
  }
}

/**
 * To be called before minutes of work whose result goes there: a file that cannot be written is the user's to mend. What an earlier command
 * left there is deleted, so that nobody takes it for the result if there is none.
 * @throws MisuseError where it cannot be written.
 */
export function assertWritable(path: string): void {
  saveFile(path, '')
  rmSync(path, { force: true })
}

function replaceFile(path: string, text: string): void {
  const temporary = `${path}.part`
  writeFileSync(temporary, text)
  renameSync(temporary, path)
}
