/** Examinations that were kept, found again and read. */
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { MisuseError } from '../candidate/fault.ts'
import { capacityRecordSchema } from '../record/capacity-record.ts'
import { type CheckRecord, checkRecordSchema } from '../record/check-record.ts'
import { runRecordSchema } from '../record/run-record.ts'
import { comparedTargetsIn } from './compared-targets.ts'
import { DEFAULT_FOLDER } from './out-folder.ts'

/** @throws MisuseError when there is none or it is not one. */
export function readCheckRecord(path: string): CheckRecord {
  const file = existsSync(path) && statSync(path).isDirectory() ? join(path, 'check.json') : path
  const parsed = checkRecordSchema.safeParse(parseJson(file))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new MisuseError(
    `Expected ${file} to be what \`assay check\` writes, but ${issue?.path.join('.') || 'it'}: ${issue?.message ?? 'is different'}.`,
  )
}

/** The check.json of each kept examination of a folder, oldest first. */
export function recordsOf(folder: string, root: string = DEFAULT_FOLDER): string[] {
  return resultFolders(root)
    .map(path => join(path, 'check.json'))
    .filter(file => isOf(folder, targetIn(file)))
}

/** Everything kept of a folder: examinations, runs, searches for its capacity, and comparisons with others, whole folders of them. */
export function resultsOf(folder: string, root: string = DEFAULT_FOLDER): string[] {
  return resultFolders(root).filter(
    path =>
      isOf(folder, targetIn(join(path, 'check.json'))) ||
      isOf(folder, runTargetIn(join(path, 'run.json'))) ||
      isOf(folder, capacityTargetIn(join(path, 'capacity.json'))) ||
      comparedTargetsIn(path).some(target => isOf(folder, target)),
  )
}

function resultFolders(root: string): string[] {
  if (!existsSync(root)) return []
  return readdirSync(root, { withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .map(entry => join(root, entry.name))
    .sort()
}

function targetIn(file: string): string | undefined {
  const parsed = checkRecordSchema.pick({ target: true }).safeParse(parseJson(file))
  return parsed.success ? parsed.data.target : undefined
}

function runTargetIn(file: string): string | undefined {
  const parsed = runRecordSchema.pick({ candidate: true }).safeParse(parseJson(file))
  return parsed.success ? parsed.data.candidate.target : undefined
}

function capacityTargetIn(file: string): string | undefined {
  const parsed = capacityRecordSchema.pick({ target: true }).safeParse(parseJson(file))
  return parsed.success ? parsed.data.target : undefined
}

/** A target names a folder or a manifest in it, as it was written, from where it was written. */
function isOf(folder: string, target: string | undefined): boolean {
  if (target === undefined || /^[a-z]+:\/\//.test(target)) return false
  const path = resolve(target)
  return sameFolder(folder, path) || sameFolder(folder, dirname(path))
}

function sameFolder(one: string, other: string): boolean {
  try {
    return realpathSync(one) === realpathSync(other) && statSync(other).isDirectory()
  } catch {
    return resolve(one) === resolve(other)
  }
}

function parseJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}
