import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CandidateFixture } from '../candidate/candidate-fixture.ts'
import { MisuseError } from '../candidate/fault.ts'
import { resolveTarget } from '../candidate/find-candidate.ts'
import { checkOnce } from './check-once.ts'

let fixture: CandidateFixture

beforeAll(async () => {
  fixture = await CandidateFixture.create()
})
afterAll(async () => await fixture.remove())

test('an interview that was edited meanwhile into something else costs the grade, and not the record', async () => {
  const folder = await fixture.write('dead', {
    'candidate.yaml': 'name: dead\nexercise: chat\nlanguage: javascript\ntransport: tcp\nrun: exit 3\n',
    'interview.yaml': 'version: 1\nstages: nine\n',
  })
  const out = join(folder, 'out')
  const checked = checkOnce({
    named: { text: folder, target: await resolveTarget(folder) },
    only: ['s1.rejoin'],
    stage: Infinity,
    quick: false,
    seed: 7,
    repeat: 1,
    containment: undefined,
    buildNetwork: false,
    pid: undefined,
    failFast: false,
    out,
    rubricFile: undefined,
    audience: 'interviewer',
    anonymous: false,
    place: undefined,
    signal: new AbortController().signal,
  })
  await expect(checked).rejects.toThrow(MisuseError)
  expect(JSON.parse(readFileSync(join(out, 'check.json'), 'utf8'))).toMatchObject({ status: 'failed', suggestedGrade: null })
})
