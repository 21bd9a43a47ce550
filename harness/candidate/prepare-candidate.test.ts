import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cachedBuild, dropOldest } from './build-cache.ts'
import { CandidateFixture } from './candidate-fixture.ts'
import { strictestContainment } from './contain-level.ts'
import { CandidateFault } from './fault.ts'
import { resolveTarget } from './find-candidate.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import { describeWith } from './needs-fixture.ts'
import { prepareCandidate, type PreparedCandidate } from './prepare-candidate.ts'

let fixture: CandidateFixture

beforeAll(async () => {
  fixture = await CandidateFixture.create()
})
afterAll(async () => await fixture.remove())

async function prepare(folder: string): Promise<PreparedCandidate> {
  const target = await resolveTarget(folder)
  if (target.kind !== 'manifest') throw new Error('Expected a manifest.')
  const { name } = await strictestContainment()
  return await prepareCandidate(target, { containment: name, limits: DEFAULT_LIMITS })
}

const MANIFEST = 'name: a\nlanguage: c\ntransport: tcp\nrun: cat built\nbuild: cat one two > built && date +%N >> built && echo was built\n'

test('a base is copied, the folder is laid over it, and the build runs there', async () => {
  await fixture.write('starters/one', { 'candidate.yaml': MANIFEST, one: 'base one\n', two: 'base two\n', 'deep/three': 'x' })
  const folder = await fixture.write('sample', { 'candidate.yaml': 'name: s\nbase: ../starters/one\n', two: 'my two\n' })
  const { folder: built, buildOutput } = await prepare(folder)
  expect(await readFile(join(built, 'built'), 'utf8')).toMatch(/^base one\nmy two\n\d+\n$/)
  expect(existsSync(join(built, 'deep/three'))).toBe(true)
  expect(buildOutput).toBe('was built\n')
  // Manifests are no input of a build, and the folder that was handed in is left as it was.
  expect(existsSync(join(built, 'candidate.yaml'))).toBe(false)
  expect((await readdir(folder)).sort()).toEqual(['candidate.yaml', 'two'])
})

test('a sample over a sample over a starter is all three, the nearest on top, and a change in any of them is a new build', async () => {
  await fixture.write('starters/three', {
    'candidate.yaml': MANIFEST,
    one: 'starter one\n',
    two: 'starter two\n',
    three: 'starter three\n',
  })
  await fixture.write('samples/chat/c/right', {
    'candidate.yaml': 'name: right\nbase: ../../../../starters/three\n',
    one: 'right one\n',
    two: 'right two\n',
  })
  const flawed = await fixture.write('samples/chat/c/flawed', { 'candidate.yaml': 'name: flawed\nbase: ../right\n', two: 'flawed two\n' })
  const { folder: built } = await prepare(flawed)
  expect(await readFile(join(built, 'built'), 'utf8')).toMatch(/^right one\nflawed two\n\d+\n$/)
  expect(await readFile(join(built, 'three'), 'utf8')).toBe('starter three\n')
  expect((await prepare(flawed)).folder).toBe(built)
  await fixture.write('samples/chat/c/right', { one: 'right one, changed\n' })
  const { folder: rebuilt } = await prepare(flawed)
  expect(await readFile(join(rebuilt, 'built'), 'utf8')).toMatch(/^right one, changed\nflawed two\n/)
})

test('a build is repeated only when the content, the base or the command changed', async () => {
  await fixture.write('starters/two', { 'candidate.yaml': MANIFEST, one: '1', two: '2' })
  const folder = await fixture.write('sample2', { 'candidate.yaml': 'name: s\nbase: ../starters/two\n' })
  const first = await prepare(folder)
  await fixture.write('sample2', { 'candidate.yaml': 'name: renamed\nbase: ../starters/two\nabout: other words\n' })
  expect((await prepare(folder)).folder).toBe(first.folder)
  await fixture.write('starters/two', { two: '3' })
  const second = await prepare(folder)
  expect(second.folder).not.toBe(first.folder)
  await fixture.write('sample2', { 'candidate.yaml': 'name: s\nbase: ../starters/two\nbuild: touch built\n' })
  expect((await prepare(folder)).folder).not.toBe(second.folder)
})

test("a build that fails is the candidate's fault, with its output, and is tried again the next time", async () => {
  const folder = await fixture.write('broken', { 'candidate.yaml': MANIFEST })
  const fault = await prepare(folder).catch((error: unknown) => error)
  expect(fault).toBeInstanceOf(CandidateFault)
  expect(String(fault)).toMatch(/Expected the build of a .* to succeed\. The build exited with code 1 by itself/)
  expect((fault as CandidateFault).output).toContain('No such file')
  await fixture.write('broken', { one: '1', two: '2' })
  expect((await prepare(folder)).buildOutput).toBe('was built\n')
})

test('a link that was handed in does not lead the copy out of its folder', async () => {
  const outside = await fixture.write('outside', { precious: 'mine' })
  const folder = await fixture.write('linked', {
    'candidate.yaml': 'name: l\nlanguage: c\ntransport: tcp\nrun: x\nbase: ./inner\n',
    'way/precious': 'theirs',
  })
  await fixture.write('linked/inner', { 'candidate.yaml': MANIFEST })
  await symlink(outside, join(folder, 'inner', 'way'))
  await expect(prepare(folder)).rejects.toThrow(/Expected way of the candidate to be a folder, got a link/)
  expect(await readFile(join(outside, 'precious'), 'utf8')).toBe('mine')
})

test('TypeScript finds the compiler, ws and their types without a registry', async () => {
  const folder = await fixture.write('typescript', {
    'candidate.yaml': 'name: t\nlanguage: typescript\ntransport: ws\nrun: node out/main.js\nbuild: tsc && node out/main.js\n',
    'main.ts': "import { WebSocketServer } from 'ws'\nconsole.log(typeof WebSocketServer, process.version)\n",
    'package.json': '{"type":"module"}',
    'tsconfig.json':
      '{"compilerOptions":{"module":"nodenext","outDir":"out","rootDir":".","types":["node"],"skipLibCheck":true},"files":["main.ts"]}',
  })
  expect((await prepare(folder)).buildOutput).toContain(`function ${process.version}`)
})

test('two builds of one key at once, here or in another process, end in one entry', async () => {
  const root = join(fixture.root, 'race')
  let made = 0
  const make = async (folder: string): Promise<{ bytes: number; output: string }> => {
    made += 1
    await writeFile(join(folder, 'made'), 'x')
    // Another process finishes in between.
    await mkdir(join(root, 'key', 'folder'), { recursive: true })
    await writeFile(join(root, 'key', 'built.json'), '{"bytes":1,"output":"theirs"}')
    return { bytes: 1, output: 'ours' }
  }
  const [first, second] = await Promise.all([cachedBuild('key', make, root), cachedBuild('key', make, root)])
  expect(made).toBe(1)
  expect(first).toEqual(second)
  expect(first.output).toBe('theirs')
  expect(await readdir(root)).toEqual(['key'])
})

test('the cache drops what was unused for longest, never what was used in the last hour', async () => {
  const root = join(fixture.root, 'full')
  const hour = 3_600_000
  const nowMs = 100 * hour
  for (const [name, ageHours] of [
    ['new', 0.5],
    ['newer', 2],
    ['old', 3],
    ['older', 4],
  ] as const) {
    await mkdir(join(root, name, 'folder'), { recursive: true })
    await writeFile(join(root, name, 'built.json'), '{"bytes":10,"output":""}')
    const used = new Date(nowMs - ageHours * hour)
    await utimes(join(root, name, 'built.json'), used, used)
  }
  await dropOldest(root, nowMs, { entries: 3, bytes: 1000 })
  expect((await readdir(root)).sort()).toEqual(['new', 'newer', 'old'])
  await dropOldest(root, nowMs, { entries: 3, bytes: 20 })
  expect((await readdir(root)).sort()).toEqual(['new', 'newer'])
  await dropOldest(root, nowMs, { entries: 0, bytes: 0 })
  expect(await readdir(root)).toEqual(['new'])
})

await describeWith(['linux', 'container'], 'a contained build', () => {
  test.each([
    [false, /ended without an answer/],
    [true, /got an answer/],
  ])('that may reach our network (%s) %s', async (buildNetwork, said) => {
    const server = createServer((_, response) => void response.end('x')).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    // Builds are kept by their content, and ports come again.
    const ask = `// ${randomUUID()}\nfetch('http://127.0.0.1:${port}').then(() => console.log('got an answer'), () => console.log('ended without an answer'))`
    const manifest = `name: a\nlanguage: javascript\ntransport: tcp\nrun: "true"\nbuild: node ask.mjs\n`
    const folder = await fixture.write(`asks-${buildNetwork}`, { 'candidate.yaml': manifest, 'ask.mjs': ask })
    const target = await resolveTarget(folder)
    if (target.kind !== 'manifest') throw new Error('Expected a manifest.')
    const { buildOutput } = await prepareCandidate(target, { containment: 'networked', limits: DEFAULT_LIMITS, buildNetwork })
    server.close()
    expect(buildOutput).toMatch(said)
  })
})
