import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { capacityRecordSchema } from '../record/capacity-record.ts'
import { AssayDesk } from './assay-process-fixture.ts'
import { EXIT } from './exit-code.ts'

let desk: AssayDesk
beforeAll(() => {
  desk = new AssayDesk()
})
afterAll(() => desk.remove())

test('a server that does not start fails the search, and is told by name with what it printed', { timeout: 60_000 }, async () => {
  desk.write('candidate.yaml', 'name: mine\nexercise: chat\nlanguage: go\ntransport: tcp\nrun: echo no such module; exit 3\n')
  const ended = await desk.run('capacity', 'brief.yaml', '--target', '.', '--out', 'searched')
  expect(ended.code).toBe(EXIT.fail)
  expect(ended.stdout).toMatch(/^mine met its thresholds at no load[^]*What it printed last:\n {2}no such module\n/m)
  const record = capacityRecordSchema.parse(JSON.parse(readFileSync(desk.path('searched/capacity.json'), 'utf8')))
  expect(record).toMatchObject({ status: 'failed', candidate: 'mine', language: 'go', output: expect.stringContaining('no such module') })
  expect(readFileSync(desk.path('searched/report.html'), 'utf8')).toContain('no such module')
})

test('the search says once how the server is contained', { timeout: 60_000 }, async () => {
  const searching = desk.start('capacity', 'brief.yaml', '--seed', '7', '--out', 'begun')
  await searching.says(/listens at ws:.*; containment: \w+ \([^]*\n {2}\d+ users: /)
  searching.kill('SIGINT')
  const ended = await searching.ended
  expect(ended.code).toBe(EXIT.interrupted)
  expect(ended.stderr.match(/containment: /g)).toHaveLength(1)
  const record = capacityRecordSchema.parse(JSON.parse(readFileSync(desk.path('begun/capacity.json'), 'utf8')))
  expect(ended.stderr).toContain(record.containment)
})
