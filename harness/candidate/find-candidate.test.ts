import { symlink } from 'node:fs/promises'
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
  expect(await resolveTarget(folder)).toMatchObject({ baseFolders: [base], manifest: { name: 'one', run: './server' } })
})

test('a sample may be laid over another one of its exercise and language, that over a starter; the lowest comes first', async () => {
  const starter = await fixture.write('starters/kv-go', { 'candidate.yaml': MANIFEST })
  const right = await fixture.write('samples/kv/go/right', {
    'candidate.yaml': 'name: right\nbase: ../../../../starters/kv-go\nrun: ./right\n',
  })
  const flawed = await fixture.write('samples/kv/go/flawed', { 'candidate.yaml': 'name: flawed\nbase: ../right\n' })
  const target = await resolveTarget(flawed)
  expect(target).toMatchObject({ baseFolders: [starter, right], manifest: { name: 'flawed', run: './right', transport: 'tcp' } })
})

test('a variant is laid over the variants of its bases, also where one between them has none', async () => {
  await fixture.write('starters/ws', { 'candidate.yaml': MANIFEST, 'candidate.ws.yaml': MANIFEST.replace('tcp', 'ws') })
  await fixture.write('samples/chat/ws/right', { 'candidate.yaml': 'name: right\nbase: ../../../../starters/ws\n' })
  const flawed = await fixture.write('samples/chat/ws/flawed', { 'candidate.ws.yaml': 'name: flawed\nbase: ../right\n' })
  expect(await resolveTarget(join(flawed, 'candidate.ws.yaml'))).toMatchObject({ manifest: { name: 'flawed', transport: 'ws' } })
})

test('a base that is not there is refused, with the manifest that names it', async () => {
  const lost = await fixture.write('lost', { 'candidate.yaml': 'name: one\nbase: ./nowhere\n' })
  await expect(resolveTarget(lost)).rejects.toThrow(/Expected `base` to name a folder with a candidate\.yaml, got \.\/nowhere/)
  const second = await fixture.write('second', {
    'candidate.yaml': 'name: two\nbase: ./first\n',
    'first/candidate.yaml': 'name: one\nbase: ./nowhere\n',
  })
  await expect(resolveTarget(second)).rejects.toThrow(`${join(second, 'first', 'candidate.yaml')}: Expected \`base\` to name a folder with`)
})

test('bases that go round, or are too many, are refused', async () => {
  const self = await fixture.write('self', { 'candidate.yaml': 'name: self\nbase: .\n' })
  await expect(resolveTarget(self)).rejects.toThrow(/Expected bases to end in a folder that stands alone, got \S+self a second time/)
  await fixture.write('samples/kv/round/hen', { 'candidate.yaml': 'name: hen\nbase: ../egg\n' })
  const egg = await fixture.write('samples/kv/round/egg', { 'candidate.yaml': 'name: egg\nbase: ../hen\n' })
  await expect(resolveTarget(egg)).rejects.toThrow(/Expected bases to end in a folder that stands alone, got \S+egg a second time/)
  const deep = await fixture.write('deep', {
    'candidate.yaml': 'name: top\nbase: ./a\n',
    'a/candidate.yaml': 'name: a\nbase: ./b\n',
    'a/b/candidate.yaml': 'name: b\nbase: ./c\n',
    'a/b/c/candidate.yaml': 'name: c\nbase: ./d\n',
    'a/b/c/d/candidate.yaml': MANIFEST,
  })
  await expect(resolveTarget(deep)).rejects.toThrow(/Expected a candidate to be laid over at most 3 bases, got one more \(\.\/d\)/)
  const folders = ['a/b/c/d', 'a/b/c', 'a/b'].map(path => join(deep, path))
  expect(await resolveTarget(join(deep, 'a'))).toMatchObject({ baseFolders: folders, manifest: { name: 'a' } })
})

test("a base that is another candidate's folder is refused", async () => {
  await fixture.write('bob', { 'candidate.yaml': MANIFEST })
  const copier = await fixture.write('copier', { 'candidate.yaml': 'name: copier\nbase: ../bob\n' })
  await expect(resolveTarget(copier)).rejects.toThrow(/Expected `base` to name a starter/)
})

test("another candidate's folder is refused by way of a folder of one's own, and by a link", async () => {
  const bob = await fixture.write('bob', { 'candidate.yaml': MANIFEST })
  const indirect = await fixture.write('indirect', {
    'candidate.yaml': 'name: indirect\nbase: ./own\n',
    'own/candidate.yaml': 'name: own\nbase: ../../bob\n',
  })
  await expect(resolveTarget(indirect)).rejects.toThrow(/own\/candidate\.yaml: Expected `base` to name a starter/)
  const linked = await fixture.write('linker', { 'candidate.yaml': 'name: linker\nbase: ./starters/bob\n', 'starters/none': '' })
  await symlink(bob, join(linked, 'starters', 'bob'))
  await expect(resolveTarget(linked)).rejects.toThrow(/Expected `base` to name a starter/)
})

test.each([
  ['samples/kv/go/one', '../../java/right', 'samples/kv/java/right'],
  ['samples/kv/go/two', '../../../chat/go/right', 'samples/chat/go/right'],
  ['samples/kv/go/three', '../..', 'samples/kv'],
  ['handed-in/kv/go/one', '../right', 'handed-in/kv/go/right'],
  ['samples/homework/go/one', '../right', 'samples/homework/go/right'],
])('%s is not laid over %s', async (name, base, other) => {
  await fixture.write(other, { 'candidate.yaml': MANIFEST })
  const folder = await fixture.write(name, { 'candidate.yaml': `name: astray\nbase: ${base}\n` })
  await expect(resolveTarget(folder)).rejects.toThrow(/or for a sample another one of the same samples\/<exercise>\/<language>/)
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
