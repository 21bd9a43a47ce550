import { mkdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { passingRun } from '../../reports/fixture/run-fixture.ts'
import { AssayDesk } from './assay-process-fixture.ts'
import { EXIT } from './exit-code.ts'

let desk: AssayDesk
beforeAll(() => {
  desk = new AssayDesk()
})
afterAll(() => desk.remove())

describe('assay compare', { timeout: 60_000 }, () => {
  test('tells two candidates of one name apart by where they are', async () => {
    writeRun('one', './one')
    writeRun('other', './other')
    const ended = await desk.run('compare', 'one', 'other', '--out', 'page.html')
    expect(ended).toMatchObject({ code: EXIT.pass, stderr: '' })
    expect(ended.stdout).toMatch(/my server \(\.\/one, ws\)[^]*my server \(\.\/other, ws\)/)
  })
})

/** A kept run of a server called "my server". */
function writeRun(name: string, target: string): void {
  const record = passingRun({ candidate: 'my server' })
  mkdirSync(desk.path(name))
  desk.write(`${name}/run.json`, JSON.stringify({ ...record, candidate: { ...record.candidate, target } }))
}
