import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { writeCalibration } from './calibration-store.ts'
import { calibrationSummary } from './calibration-summary.ts'

const CHECKS = ['s1.race.first-join', 's1.race.join-order', 's1.race.join-while-sending', 's1.cost.join'].map(id => ({ id }))
const answer = (batchesForFive: number | null, rightFailedBatches = 0) => ({
  name: 'java/racy',
  rounds: 100,
  batches: 10,
  failedRounds: 9,
  failedBatches: batchesForFive === null ? 3 : 5,
  firstFailureSeconds: 1,
  batchesForFive,
  rightFailedBatches,
  rightBatches: 15,
})

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-calibration-'))
  vi.stubEnv('XDG_CACHE_HOME', folder)
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true, force: true })
})

describe('the calibration in one line', () => {
  test('is nothing where nothing was measured here', async () => {
    expect(await calibrationSummary(CHECKS, 'java')).toBeNull()
    expect(await calibrationSummary(CHECKS, 'cobol')).toBeNull()
  })

  test('says how many flawed controls were found, how many right ones failed, and what is not known yet', async () => {
    await writeCalibration('s1.race.first-join', 'java', 'plain', answer(6))
    expect(await calibrationSummary(CHECKS, 'java')).toBe('flawed found in 1 of 1 race check, right failed in 0 of 1; 2 not calibrated yet')
    await writeCalibration('s1.race.join-order', 'java', 'plain', answer(null))
    await writeCalibration('s1.race.join-while-sending', 'java', 'plain', answer(7, 2))
    expect(await calibrationSummary(CHECKS, 'java')).toBe('flawed found in 2 of 3 race checks, right failed in 1 of 3')
    expect(await calibrationSummary(CHECKS, 'python')).toBeNull()
  })
})
