/** What an examination leaves on disk: a folder of its own with `check.json`, written as the examination goes on, and the scorecard. */
import { join } from 'node:path'
import type { CheckRecord } from '../record/check-record.ts'
import { createOutFolder } from './out-folder.ts'
import { saveFile } from './run-files.ts'

export interface CheckFolder {
  readonly path: string
  readonly recordPath: string
  readonly scorecardPath: string
  /** Replaces the record as a whole, so that a reader never sees half of one. */
  writeRecord(record: CheckRecord): void
  writeScorecard(page: string): void
}

/** `place`: the number of this candidate among several, which then get a folder each. */
export function createCheckFolder(out: string | undefined, startedAt: Date, candidate: string, place: number | undefined): CheckFolder {
  const path = createOutFolder(out, startedAt, ['check', candidate], place)
  const recordPath = join(path, 'check.json')
  const scorecardPath = join(path, 'scorecard.html')
  return {
    path,
    recordPath,
    scorecardPath,
    writeRecord: record => saveFile(recordPath, `${JSON.stringify(record)}\n`),
    writeScorecard: page => saveFile(scorecardPath, page),
  }
}
