import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CandidateFixture } from './candidate-fixture.ts'
import { MisuseError } from './fault.ts'
import { MissingManifestError, resolveTarget } from './find-candidate.ts'

const MANIFEST = 'name: ada\nlanguage: go\ntransport: tcp\nrun: ./server\n'
let fixture: CandidateFixture

beforeAll(async () => {
  fixture = await CandidateFixture.create()
})
afterAll(async () => await fixture.remove())

test('a folder is known by its candidate.yaml, and another manifest of it by its own name', async () => {
  const folder = await fixture.write('two', { 'candidate.yaml': MANIFEST, 'candidate.ws.yaml': MANIFEST.replace('tcp', 'ws') })
  expect(await resolveTarget(folder)).toMatchObject({ kind: 'manifest', folder, manifest: { name: 'ada', transport: 'tcp' } })
  const variant = await resolveTarget(join(folder, 'candidate.ws.yaml'))
  expect(variant).toMatchObject({ kind: 'manifest', folder, manifest: { transport: 'ws' } })
})

test('a folder without a manifest is told apart, so that one can be guessed', async () => {
  const folder = await fixture.write('bare', { 'main.py': '' })
  await expect(resolveTarget(folder)).rejects.toBeInstanceOf(MissingManifestError)
})

test('a base is found from the folder that names it', async () => {
  const base = await fixture.write('starters/go', { 'candidate.yaml': MANIFEST })
  const folder = await fixture.write('samples/one', { 'candidate.yaml': 'name: one\nbase: ../../starters/go\n' })
  expect(await resolveTarget(folder)).toMatchObject({ baseFolder: base, manifest: { name: 'one', run: './server' } })
})

test('a base that is not there, or has a base itself, is refused', async () => {
  const lost = await fixture.write('lost', { 'candidate.yaml': 'name: one\nbase: ./nowhere\n' })
  await expect(resolveTarget(lost)).rejects.toThrow(/Expected `base` to name a folder with a candidate\.yaml, got \.\/nowhere/)
  const second = await fixture.write('second', {
    'candidate.yaml': 'name: two\nbase: ./first\n',
    'first/candidate.yaml': 'name: one\nbase: ../x\n',
  })
  await expect(resolveTarget(second)).rejects.toThrow(/Expected a base to stand alone/)
})

test("a base that is another candidate's folder is refused", async () => {
  await fixture.write('bob', { 'candidate.yaml': MANIFEST })
  const copier = await fixture.write('copier', { 'candidate.yaml': 'name: copier\nbase: ../bob\n' })
  await expect(resolveTarget(copier)).rejects.toThrow(/Expected `base` to name a starter/)
})

test.each([
  ['ws://127.0.0.1:7000', { transport: 'ws', host: '127.0.0.1', port: 7000, url: 'ws://127.0.0.1:7000' }],
  ['tcp://localhost:9', { transport: 'tcp', host: 'localhost', port: 9 }],
  ['ws://example.org:80/', { transport: 'ws', port: 80 }],
  ['tcp://[::1]:7000', { host: '::1', url: 'tcp://[::1]:7000' }],
])('%s is a server that listens already', async (text, expected) => {
  expect(await resolveTarget(text)).toMatchObject({ kind: 'url', ...expected })
})

test.each([
  ['ws://127.0.0.1', /with a port from 1 to 65535/],
  ['tcp://127.0.0.1:70000', /Expected a server to be named/],
  ['wss://127.0.0.1:7000', /Encrypted connections are not supported/],
  ['ftp://127.0.0.1:7000', /Did you mean ws:\/\/127\.0\.0\.1:7000\?/],
  ['ws://127.0.0.1:7000/chat', /Leave out everything after the port/],
  ['./no-such-folder', /there is no such file or folder/],
])('%s is a misuse, with what was expected', async (text, message) => {
  await expect(resolveTarget(text)).rejects.toBeInstanceOf(MisuseError)
  await expect(resolveTarget(text)).rejects.toThrow(message)
})
