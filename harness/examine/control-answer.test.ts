import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { CandidateFault } from '../candidate/fault.ts'
import { resolveTarget, type Target } from '../candidate/find-candidate.ts'
import { ASSAY_ROOT } from '../candidate/assay-package.ts'
import type { MeasuredControl } from './check.ts'
import { raceFirstJoin } from './checks/race-first-join.ts'
import { raceTakeover } from './checks/race-takeover.ts'
import { controlAnswer } from './control-answer.ts'
import { newTally, racePower } from './race-tally.ts'

const MEASURED: MeasuredControl = {
  name: 'go/racy',
  rounds: 100,
  batches: 10,
  failedRounds: 9,
  failedBatches: 5,
  firstFailureSeconds: 1,
  batchesForFive: 10,
  rightFailedBatches: 0,
  rightBatches: 15,
}
const { signal } = new AbortController()

let cache: string
let target: Target
beforeEach(async () => {
  cache = mkdtempSync(join(tmpdir(), 'assay-controls-'))
  vi.stubEnv('XDG_CACHE_HOME', cache)
  target = await resolveTarget(join(ASSAY_ROOT, 'candidates', 'samples', 'chat', 'go', 'right'))
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(cache, { recursive: true, force: true })
})

test('a control is measured once, and remembered', async () => {
  const measure = vi.fn(async () => await Promise.resolve(MEASURED))
  const asked = { profile: 'plain', target, signal, measure }
  expect(await controlAnswer(raceFirstJoin, asked)).toEqual(MEASURED)
  expect(await controlAnswer(raceFirstJoin, asked)).toEqual(MEASURED)
  expect(measure).toHaveBeenCalledTimes(1)
})

test('a control that does not build is told apart from one that does not exist, and is not remembered', async () => {
  const measure = vi.fn(async () => await Promise.reject(new CandidateFault('Expected `go build` to succeed, got: go: not found')))
  const asked = { profile: 'plain', target, signal, measure }
  expect(await controlAnswer(raceFirstJoin, asked)).toBe('unusable')
  expect(await controlAnswer(raceFirstJoin, asked)).toBe('unusable')
  expect(measure).toHaveBeenCalledTimes(2)
  expect(await controlAnswer({ ...raceTakeover, id: 's1.rejoin' }, asked)).toBe('unknown')
  const tally = { ...newTally(), batches: 40, rounds: 960 }
  expect(racePower(tally, 'unusable')).toMatchObject({
    control: null,
    statement: expect.stringContaining('did not build or start') as string,
  })
  expect(racePower(tally, 'unknown').statement).toContain('There is no control for it in this language')
})

test('what is wrong with Assay itself is not taken for a control that does not build', async () => {
  const measure = async () => await Promise.reject(new Error('a bug'))
  await expect(controlAnswer(raceFirstJoin, { profile: 'plain', target, signal, measure })).rejects.toThrow('a bug')
})
