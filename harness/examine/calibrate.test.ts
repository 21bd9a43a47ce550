import { mkdtempSync, rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { CandidateFault } from '../candidate/fault.ts'
import { calibrateLanguage } from './calibrate.ts'
import { readCalibration } from './calibration-store.ts'
import type { MeasuredControl } from './check.ts'
import type { measureControls } from './measure-controls.ts'

const MEASURED: MeasuredControl = {
  name: 'java/racy',
  rounds: 100,
  batches: 10,
  failedRounds: 9,
  failedBatches: 5,
  firstFailureSeconds: 1,
  batchesForFive: 10,
  rightFailedBatches: 0,
  rightBatches: 15,
}
const atOnce: typeof measureControls = async () => await Promise.resolve(MEASURED)

let cache: string
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'assay-calibration-'))
  vi.stubEnv('XDG_CACHE_HOME', cache)
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(cache, { recursive: true, force: true })
})

test('each race check with controls in the language is calibrated and remembered', async () => {
  const { calibrated, left } = await calibrateLanguage({ language: 'java', measure: atOnce })
  expect(calibrated.map(({ checkId }) => checkId)).toContain('s1.race.first-join')
  expect(calibrated[0]?.statement).toBe('flawed found in 5 of 10 batches, right failed in 0 of 15')
  expect(left).toEqual([])
  expect(await readCalibration('s1.race.first-join', 'java', 'plain')).toEqual(MEASURED)
  expect(await calibrateLanguage({ language: 'cobol', measure: atOnce })).toEqual({ calibrated: [], left: [] })
})

test('when the time is up, what is being measured is given up and told as left, with all that comes after it', async () => {
  const slowLater: typeof measureControls = async (check, _controls, _profile, signal) => {
    if (check.id === 's1.race.first-join') return MEASURED
    await sleep(60_000, undefined, { signal })
    return MEASURED
  }
  const startMs = performance.now()
  const { calibrated, left } = await calibrateLanguage({ language: 'java', measure: slowLater, limitMs: 50 })
  expect(performance.now() - startMs).toBeLessThan(10_000)
  expect(calibrated.map(({ checkId }) => checkId)).toEqual(['s1.race.first-join'])
  expect(left).toContain('s1.race.join-order')
  expect(left).toContain('s1.race.churn')
  expect(await readCalibration('s1.race.join-order', 'java', 'plain')).toBeUndefined()
})

test('what fails before the time is up, and an interrupt, are told as what they are', async () => {
  const unbuilt: typeof measureControls = async () =>
    await Promise.reject(new CandidateFault('Expected the build to succeed, got: no javac'))
  await expect(calibrateLanguage({ language: 'java', measure: unbuilt })).rejects.toThrow('no javac')
  const interrupted = AbortSignal.abort(new Error('interrupted'))
  await expect(calibrateLanguage({ language: 'java', measure: atOnce, signal: interrupted })).rejects.toThrow('interrupted')
})
