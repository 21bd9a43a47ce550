import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CandidateFixture } from './candidate-fixture.ts'
import { hashCandidateFiles, listCandidateFiles } from './candidate-files.ts'
import { MisuseError } from './fault.ts'

let fixture: CandidateFixture

beforeAll(async () => {
  fixture = await CandidateFixture.create()
})
afterAll(async () => await fixture.remove())

// Nothing is locked to root, who may run the tests: what is gone stands for what may not be read.
test('a file that cannot be read is named, as nobody’s fault but the folder’s', async () => {
  const folder = await fixture.write('locked-file', { 'server.c': 'x', 'secret.key': 'x' })
  const files = await listCandidateFiles(folder)
  await rm(join(folder, 'secret.key'))
  const hashed = hashCandidateFiles(files, createHash('sha256'))
  await expect(hashed).rejects.toThrow(MisuseError)
  await expect(hashed).rejects.toThrow(`Let this user read ${join(folder, 'secret.key')}`)
})

test('so is a folder', async () => {
  const folder = join(await fixture.write('locked-folder', { one: 'x' }), 'gone')
  const listed = listCandidateFiles(folder)
  await expect(listed).rejects.toThrow(MisuseError)
  await expect(listed).rejects.toThrow(`Let this user read ${folder}`)
})
