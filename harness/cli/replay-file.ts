/** What `assay replay` is pointed at: a check.json with a failed race check, or what an earlier replay left. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { MisuseError } from '../candidate/fault.ts'
import type { CheckResult } from '../record/check-record.ts'
import type { Interleaving } from '../record/race-recipe.ts'
import { replayRecordSchema } from '../record/replay-record.ts'
import { readCheckRecord } from './check-records.ts'

export interface ReplayEvidence {
  /** The file it was read from. */
  readonly file: string
  readonly checkId: string
  /** As it was given when it was examined. */
  readonly target: string
  readonly seed: number
  readonly interleaving: Interleaving
}

/**
 * `text`: a file or its folder, and after a `#` which of several failed race checks is meant.
 * @throws MisuseError where there is no such file, or nothing in it that can be played again.
 */
export function readReplayEvidence(text: string): ReplayEvidence {
  const [path, wanted] = splitAtHash(text)
  if (!existsSync(path))
    throw new MisuseError(`Expected ${path} to be a check.json or what a replay left, got no such file. See reports/out.`)
  const file = statSync(path).isDirectory() ? join(path, 'check.json') : path
  const replay = replayRecordSchema.safeParse(parseJson(file))
  if (replay.success) return { file, ...replay.data }
  const { target, seed, checks } = readCheckRecord(file)
  const races = checks.flatMap(({ id, interleaving }) => (interleaving === undefined ? [] : [{ checkId: id, interleaving }]))
  const found = wanted === undefined ? races : races.filter(({ checkId }) => checkId === wanted)
  const [first] = found
  if (first === undefined) throw new MisuseError(nothingToReplay(file, wanted, checks))
  const ids = [...new Set(found.map(({ checkId }) => checkId))]
  if (ids.length > 1) {
    throw new MisuseError(
      `Expected to be told which race to replay, got ${ids.length} of them. Name one: \`${file}#${first.checkId}\` (or ${ids.slice(1).join(', ')}).`,
    )
  }
  return { file, target, seed, ...first }
}

function splitAtHash(text: string): readonly [string, string | undefined] {
  const at = text.lastIndexOf('#')
  return at < 0 || existsSync(text) ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}

function nothingToReplay(file: string, wanted: string | undefined, checks: readonly CheckResult[]): string {
  const known = checks.find(({ id }) => id === wanted)
  if (wanted !== undefined && known === undefined)
    return `Expected ${file} to hold the check ${wanted}, got none of that name. \`assay check --list\` names all.`
  const what = known === undefined ? 'no race check failed there' : `it ended as ${known.outcome}, without an interleaving`
  return `Expected ${file} to hold a failed race, but ${what}. Only the checks whose ids begin with s1.race keep what a replay needs.`
}

function parseJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}
