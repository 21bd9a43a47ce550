import { existsSync, mkdirSync } from 'node:fs'
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

  test('keeps its page where `assay forget` of one of them finds it', async () => {
    mkdirSync(desk.path('ann'))
    mkdirSync(desk.path('bob'))
    writeRun('of-ann', './ann')
    writeRun('of-bob', './bob')
    const ended = await desk.run('compare', 'of-ann', 'of-bob')
    const page = /^Page +(reports\/out\/\S+-compare\/comparison\.html)$/m.exec(ended.stdout)?.[1] ?? 'no page'
    expect(existsSync(desk.path(page))).toBe(true)
    expect(await desk.run('forget', 'bob')).toMatchObject({ code: EXIT.pass, stdout: expect.stringContaining('-compare') })
    expect(existsSync(desk.path(page))).toBe(false)
  })
})

/** A kept run of a server called "my server". */
function writeRun(name: string, target: string): void {
  const record = passingRun({ candidate: 'my server' })
  mkdirSync(desk.path(name))
  desk.write(`${name}/run.json`, JSON.stringify({ ...record, candidate: { ...record.candidate, target } }))
}
