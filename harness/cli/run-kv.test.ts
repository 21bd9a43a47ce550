import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { AssayDesk } from './assay-process-fixture.ts'
import { EXIT } from './exit-code.ts'
import { PACKAGE_ROOT } from './package-root.ts'

const BRIEF = `name: brief store
about: A short run for tests.
exercise: kv
nodes: 2
keys: 20
mix: { get: 0.5, set: 0.4, delete: 0.1 }
arrival: { model: open, process: constant, ratePerSecond: 50 }
phases:
  - { name: warm-up, kind: warm-up, seconds: 0.2 }
  - { name: hold, kind: hold, seconds: 1.5 }
faults:
  - { kind: kill, node: 2, atSeconds: 0.5, forSeconds: 0.5 }
tryMs: 5000
giveUpMs: 20000
slaMs: 20000
`

let desk: AssayDesk
beforeAll(() => {
  desk = new AssayDesk()
  desk.write('store.yaml', BRIEF)
})
afterAll(() => desk.remove())

test('a cluster is played against while a node is killed, judged, drawn again and compared', { timeout: 120_000 }, async () => {
  const ended = await desk.runUntilConclusive('run', 'store.yaml', '--seed', '7', '--out', 'first')
  expect(ended.code).toBe(desk.codeWithoutFault('first'))
  expect(ended.stdout).toMatch(/b killed at 0\.5 s · b back at/)
  const record = desk.record('first')
  expect(record.kv).toMatchObject({ failed: 0, wrong: 0, diverged: 0, superseded: 0, nodes: [{ name: 'a' }, { name: 'b' }] })
  expect(record.candidate).toMatchObject({
    transport: 'http',
    startedByAssay: true,
    containment: expect.stringMatching(/^containment: \w+ \(/),
  })
  expect(ended.stderr).toContain(record.candidate.containment)
  expect(record.summary).toMatchObject({ messages: 85, deliveries: 85, server: { rssBytesMax: expect.any(Number) } })

  expect((await desk.run('report', 'first', '--out', 'again.html')).code).toBe(EXIT.pass)
  expect(existsSync(desk.path('again.html'))).toBe(true)
  const compared = await desk.run('compare', 'first', 'first', '--out', 'compared.html')
  expect(compared).toMatchObject({ code: EXIT.pass, stdout: expect.stringContaining('request p99') })
})

test('a scenario of one exercise is not played against a server of the other, and says what to play', async () => {
  const chat = await desk.run('run', 'kv-steady', '--target', join(PACKAGE_ROOT, 'reference', 'chat'))
  expect(chat).toMatchObject({ code: EXIT.misuse, stderr: expect.stringContaining('Try `assay run smoke`') })
  const store = await desk.run('run', 'smoke', '--target', join(PACKAGE_ROOT, 'reference', 'kv'))
  expect(store).toMatchObject({ code: EXIT.misuse, stderr: expect.stringContaining('Try `assay run kv-steady`') })
  const faults = await desk.run('run', 'store.yaml', '--target', 'http://127.0.0.1:9,http://127.0.0.1:10')
  expect(faults).toMatchObject({ code: EXIT.misuse, stderr: expect.stringContaining('--set faults=[]') })
})

test('a URL at which nothing listens is no store that failed', async () => {
  const ended = await desk.run('run', 'store.yaml', '--set', 'faults=[]', '--target', 'http://127.0.0.1:9')
  expect(ended).toMatchObject({
    code: EXIT.misuse,
    stderr: expect.stringContaining('Expected a server to accept connections at http://127.0.0.1:9'),
  })
})

test.each([
  ['a misspelt field', '--set', 'nodez=3', /Did you mean `nodes`/],
  ['shares that are not 1', '--set', 'mix.get=0.9', /shares of `mix` to be 1 in all, got 1\.4/],
  ['a fault of a node that is not there', '--set', 'faults.0.node=3', /a node from 1 to 2/],
  ['a fault that outlasts the run', '--set', 'faults.0.forSeconds=9', /over within the schedule's 1\.7 s/],
])('%s is said where it stands', async (_, flag, setting, sentence) => {
  const ended = await desk.run('run', 'store.yaml', flag, setting)
  expect(ended.code).toBe(EXIT.misuse)
  expect(ended.stderr).toMatch(sentence)
})
