import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AssayDesk } from './assay-process-fixture.ts'
import { EXIT } from './exit-code.ts'
import { PACKAGE_ROOT } from './package-root.ts'

let desk: AssayDesk
beforeAll(() => {
  desk = new AssayDesk()
})
afterAll(() => desk.remove())

describe.concurrent('assay guide', () => {
  test.each([
    [[], 'guide.md'],
    [['kv'], 'guide-kv.md'],
  ])('%s prints all of docs/%s', async (words, name) => {
    const ended = await desk.run('guide', ...words)
    expect(ended).toEqual({ code: EXIT.pass, stderr: '', stdout: guide(name) })
  })

  test.each([
    [['1'], 'guide.md', /^## Stage 1/],
    [['Follow'], 'guide.md', /^## Follow-ups/],
    [['kv', '5'], 'guide-kv.md', /^## Stage 5/],
  ])('%s prints that part of docs/%s alone', async (words, name, begin) => {
    const ended = await desk.run('guide', ...words)
    expect(ended).toMatchObject({ code: EXIT.pass, stderr: '' })
    expect(ended.stdout).toMatch(begin)
    expect(ended.stdout.match(/^## /gm)).toHaveLength(1)
    expect(guide(name)).toContain(ended.stdout.trimEnd())
  })

  test.each([
    [['gradng'], /got "gradng"\. Did you mean `grading`\? The parts are:\n[^]* {2}Stage 1/],
    [['kv', 'no', 'such'], /got "no such"[^]* {2}Stage 5/],
  ])('%s is misuse, and names the parts', async (words, message) => {
    const ended = await desk.run('guide', ...words)
    expect(ended.stderr).toMatch(message)
    expect(ended).toMatchObject({ code: EXIT.misuse, stdout: '' })
  })
})

function guide(name: string): string {
  return `${readFileSync(join(PACKAGE_ROOT, 'docs', name), 'utf8').trimEnd()}\n`
}
