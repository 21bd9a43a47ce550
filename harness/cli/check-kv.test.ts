import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkRecordSchema } from '../record/check-record.ts'
import { AssayDesk } from './assay-process-fixture.ts'
import { EXIT } from './exit-code.ts'
import { PACKAGE_ROOT } from './package-root.ts'

const REFERENCE = join(PACKAGE_ROOT, 'reference', 'kv')
const STORES = join(PACKAGE_ROOT, 'candidates', 'fixtures', 'kv')

let desk: AssayDesk
beforeAll(() => {
  desk = new AssayDesk()
})
afterAll(() => desk.remove())

describe('assay check of a key-value store', { timeout: 90_000 }, () => {
  test('leaves a record, a scorecard of its own exercise and JUnit, and exits with 0 when all is right', async () => {
    const ended = await desk.run('check', REFERENCE, '--only', 'k1.bytes', '--json', '--out', 'right', '--junit', 'j.xml')
    expect(ended).toMatchObject({ code: EXIT.pass })
    const record = checkRecordSchema.parse(JSON.parse(ended.stdout))
    expect(record).toMatchObject({ exercise: 'kv', status: 'finished', transport: 'http' })
    expect(record.checks.filter(({ outcome }) => outcome === 'pass').map(({ id }) => id)).toEqual(['k1.bytes'])
    expect(readFileSync(desk.path('right/scorecard.html'), 'utf8')).toContain('a key-value store in typescript')
    expect(readFileSync(desk.path('j.xml'), 'utf8')).toMatch(/name="k1\.bytes" time="[\d.]+"\/>/)
  })

  test('of a torn one exits with 1, tells the story and draws it', async () => {
    const ended = await desk.run('check', join(STORES, 'candidate.torn.yaml'), '--only', 'k1.concurrent', '--quick', '--out', 'torn')
    expect(ended).toMatchObject({ code: EXIT.fail })
    expect(ended.stdout).toMatch(/Stage 1: one node answers[^]*✕ k1\.concurrent/)
    expect(readFileSync(desk.path('torn/scorecard.html'), 'utf8')).toContain('class="picture spans"')
  })

  test.each([
    [['check', REFERENCE, '--only', 's1.race'], /checks of the exercise kv/],
    [['check', REFERENCE, '--only', 'k2.durabel'], /Did you mean `k2\.durable`/],
    [['check', 'http://127.0.0.1:1'], /have to be killed and started again/],
    [['check', REFERENCE, '--only', 'k1.bytes', '--rubric', join(PACKAGE_ROOT, 'docs', 'rubric.yaml')], /a rubric for the exercise kv/],
  ])('%s is misuse, and says what to do', async (args, message) => {
    const ended = await desk.run(...args)
    expect(ended.stderr).toMatch(message)
    expect(ended.code).toBe(EXIT.misuse)
  })
})
