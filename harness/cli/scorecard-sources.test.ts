import type { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { CandidateFixture } from '../candidate/candidate-fixture.ts'
import { resolveTarget } from '../candidate/find-candidate.ts'
import { loadRubric } from './rubric-file.ts'
import { scorecardOptions } from './scorecard-sources.ts'

// Root, who may run the tests, can read everything.
vi.mock('node:fs', async load => {
  const fs = await load<{ readonly readFileSync: typeof readFileSync }>()
  const read = (...args: Parameters<typeof readFileSync>): unknown => {
    if (String(args[0]).endsWith('/locked')) throw new Error('EACCES: permission denied')
    return fs.readFileSync(...args)
  }
  return { ...fs, readFileSync: read }
})

let fixture: CandidateFixture

beforeAll(async () => {
  fixture = await CandidateFixture.create()
})
afterAll(async () => await fixture.remove())

test('of a sample over another sample, the difference is that of both from the starter', async () => {
  await fixture.write('starters/kv-c', {
    'candidate.yaml': 'name: s\nexercise: kv\nlanguage: c\ntransport: http\nrun: ./s\n',
    store: 'starter\n',
    replica: 'starter\n',
    door: 'starter\n',
  })
  await fixture.write('samples/kv/c/right', {
    'candidate.yaml': 'name: right\nbase: ../../../../starters/kv-c\n',
    store: 'right\n',
    replica: 'right\n',
    log: 'right\n',
  })
  const flawed = await fixture.write('samples/kv/c/flawed', { 'candidate.yaml': 'name: flawed\nbase: ../right\n', store: 'flawed\n' })
  const reader = { rubric: loadRubric(undefined, 'kv'), audience: 'interviewer', anonymous: false } as const
  const { starterDiff } = await scorecardOptions(await resolveTarget(flawed), reader)
  expect(starterDiff).toEqual([
    { path: 'log', before: null, after: 'right\n' },
    { path: 'replica', before: 'starter\n', after: 'right\n' },
    { path: 'store', before: 'starter\n', after: 'flawed\n' },
  ])
})

test('a file that cannot be read is left out', async () => {
  await fixture.write('starters/kv-go', {
    'candidate.yaml': 'name: s\nexercise: kv\nlanguage: go\ntransport: http\nrun: ./s\n',
    store: 'starter\n',
  })
  const own = await fixture.write('samples/kv/go/own', {
    'candidate.yaml': 'name: own\nbase: ../../../../starters/kv-go\n',
    store: 'own\n',
    locked: 'x\n',
  })
  const { starterDiff } = await scorecardOptions(await resolveTarget(own), {
    rubric: loadRubric(undefined, 'kv'),
    audience: 'interviewer',
    anonymous: false,
  })
  expect(starterDiff).toEqual([{ path: 'store', before: 'starter\n', after: 'own\n' }])
})
