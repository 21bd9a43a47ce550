import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkRecord } from '../judge/check-record-fixture.ts'
import { AssayDesk, type Ended } from './assay-process-fixture.ts'
import { EXIT } from './exit-code.ts'
import { interviewOf, readInterview } from './interview-file.ts'

let desk: AssayDesk
beforeAll(() => {
  desk = new AssayDesk()
})
afterAll(() => desk.remove())

describe('an interview', { timeout: 60_000 }, () => {
  test('is kept beside the candidate: clocks one after the other, hints, notes and ticks', async () => {
    const folder = await handIn('ann')
    await interview('start', folder)
    await interview('note', folder, 'asked', 'for the SLA', '--tick', 'sla', '--untick', 'explores')
    await interview('start', folder)
    await interview('hint', folder, 'two at once?', '--level', '2')
    const file = readInterview(folder)
    expect(file?.stages.map(({ stage, endedAt }) => [stage, endedAt === null])).toEqual([
      ['before', false],
      ['1', true],
    ])
    expect(file).toMatchObject({
      notes: [{ stage: 'before', text: 'asked for the SLA' }],
      hints: [{ stage: '1', level: 2, text: 'two at once?' }],
      ticks: { sla: true, explores: false },
      grade: null,
    })
  })

  test('has six stages for a store, three for a chat server, and any that is named for a folder without a manifest', async () => {
    await desk.run('new', 'python', 'fay', '--exercise', 'kv')
    const store = desk.path('fay')
    await interview('start', store, '--stage', '3')
    for (let stage = 4; stage <= 6; stage++) expect((await interview('start', store)).stdout).toContain(`The clock of stage ${stage} runs.`)
    await interview('hint', store, 'who is right?', '--level', '1', '--stage', '4')
    expect(readInterview(store)).toMatchObject({
      stages: [{ stage: '3' }, { stage: '4' }, { stage: '5' }, { stage: '6', endedAt: null }],
      hints: [{ stage: '4' }],
    })
    const server = await handIn('gus')
    expect(await interview('start', server, '--stage', '4')).toMatchObject({
      code: EXIT.misuse,
      stderr: expect.stringContaining('a stage of the exercise chat (before, 1, 2, 3, follow-up), got 4.'),
    })
    expect(readInterview(server)).toBeNull()
    mkdirSync(desk.path('hal'))
    expect(await interview('start', desk.path('hal'), '--stage', '4')).toMatchObject({ code: EXIT.pass })
    expect(await interview('start', desk.path('hal'))).toMatchObject({ stdout: expect.stringContaining('follow-ups') })
  })

  test("ends with the interviewer's own grade, before anything is suggested", async () => {
    const folder = await handIn('bob')
    await interview('start', folder)
    const refused = await interview('finish', folder)
    expect(refused.code).toBe(EXIT.misuse)
    expect(refused.stdout).not.toMatch(/suggest/i)
    const ended = await interview('finish', folder, '--grade', 'level one: 3')
    expect(ended.code).toBe(EXIT.pass)
    expect(readInterview(folder)).toMatchObject({ grade: 'level one: 3', stages: [{ endedAt: expect.any(String) }] })
  })

  test('ends for a folder without a manifest as well, which `assay check` guesses one for', async () => {
    const folder = desk.path('eve')
    mkdirSync(folder)
    writeFileSync(join(folder, 'main.py'), '')
    await interview('start', folder)
    writeRecord('kept-of-eve', folder, checkRecord())
    const ended = await interview('finish', folder, '--grade', 'level one: 3')
    expect(ended).toMatchObject({ code: EXIT.pass, stderr: '', stdout: expect.stringContaining('Suggested grade') })
    expect(existsSync(desk.path('reports/out/kept-of-eve/scorecard.html'))).toBe(true)
  })

  test('names the rubric line that was meant, and the command that begins', async () => {
    const folder = await handIn('cat')
    expect((await interview('note', folder, 'x')).stderr).toContain('assay interview start')
    await interview('start', folder)
    expect((await interview('note', folder, '--tick', 'slaa')).stderr).toContain('Did you mean `sla`?')
  })

  test('is forgotten with every record of the candidate, and nothing else', async () => {
    const folder = await handIn('dan')
    await interview('start', folder)
    writeRecord('kept-of-dan', folder)
    writeRecord('kept-of-ann', desk.path('ann'))
    expect(await desk.run('forget', folder)).toMatchObject({ code: EXIT.pass })
    expect(existsSync(join(folder, 'interview.yaml'))).toBe(false)
    expect(existsSync(join(folder, 'README.md'))).toBe(true)
    expect(existsSync(desk.path('reports/out/kept-of-dan'))).toBe(false)
    expect(existsSync(desk.path('reports/out/kept-of-ann/check.json'))).toBe(true)
  })
})

test('a clock that runs counts until now, one that was held twice counts twice', () => {
  const at = (minute: number): string => new Date(Date.UTC(2026, 0, 1, 10, minute)).toISOString()
  const stages = [
    { stage: '1' as const, startedAt: at(0), endedAt: at(20) },
    { stage: '2' as const, startedAt: at(20), endedAt: at(25) },
    { stage: '1' as const, startedAt: at(25), endedAt: null },
  ]
  const file = { version: 1 as const, anonymous: false, stages, hints: [], notes: [], ticks: {}, grade: null }
  expect(interviewOf(file, new Date(at(30))).stages).toEqual([
    { stage: '1', minutes: 25 },
    { stage: '2', minutes: 5 },
  ])
})

describe('assay new', { timeout: 60_000 }, () => {
  test('copies a starter that stands alone, named after its folder, and says what comes next', async () => {
    const ended = await desk.run('new', 'go', 'deep/my-server')
    expect(ended).toMatchObject({ code: EXIT.pass, stderr: '' })
    expect(ended.stdout).toContain('assay check deep/my-server --watch')
    const manifest = readFileSync(desk.path('deep/my-server/candidate.yaml'), 'utf8')
    expect(manifest).toContain('name: "my-server"')
    expect(manifest).not.toMatch(/^base:/m)
  })

  test('offers commands that a shell takes, whatever the folder is called', async () => {
    const ended = await desk.run('new', 'go', 'my server')
    expect(ended.stdout.match(/assay check 'my server' /g)).toHaveLength(3)
    const refused = await interview('note', desk.path('my server'), 'x')
    expect(refused.stderr).toMatch(/assay interview start '\S+my server'$/m)
  })

  test('copies a starter of the second exercise, by its name or by the option', async () => {
    for (const [folder, ...args] of [
      ['one', 'kv-java'],
      ['two', 'java', '--exercise', 'kv'],
      ['three', 'c++', '--exercise', 'kv'],
    ] as const) {
      const [language, ...options] = args
      expect(await desk.run('new', language, folder, ...options)).toMatchObject({ code: EXIT.pass, stderr: '' })
      expect(readFileSync(desk.path(`${folder}/candidate.yaml`), 'utf8')).toMatch(/^exercise: kv$/m)
    }
    expect(existsSync(desk.path('one/src/Store.java'))).toBe(true)
    expect(existsSync(desk.path('three/src/store.hpp'))).toBe(true)
  })

  test('says which languages an exercise has, and refuses two exercises at once', async () => {
    const noSuch = await desk.run('new', 'rust', 'x', '--exercise', 'kv')
    expect(noSuch).toMatchObject({ code: EXIT.misuse, stderr: expect.stringContaining('cpp, go, java, python, typescript') })
    const both = await desk.run('new', 'kv-go', 'x', '--exercise', 'chat')
    expect(both).toMatchObject({ code: EXIT.misuse, stderr: expect.stringContaining('--exercise chat') })
    expect(existsSync(desk.path('x'))).toBe(false)
  })

  test('names the language that was meant, and writes into no folder that holds something', async () => {
    expect(await desk.run('new', 'pyhton', 'x')).toMatchObject({ code: EXIT.misuse, stderr: expect.stringContaining('`python`') })
    mkdirSync(desk.path('full'))
    writeFileSync(desk.path('full/mine.txt'), 'mine')
    const ended = await desk.run('new', 'java', 'full')
    expect(ended).toMatchObject({ code: EXIT.misuse, stderr: expect.stringContaining('nothing was written') })
    expect(existsSync(desk.path('full/README.md'))).toBe(false)
  })
})

async function handIn(name: string): Promise<string> {
  await desk.run('new', 'python', name)
  return desk.path(name)
}

async function interview(...args: string[]): Promise<Ended> {
  return await desk.run('interview', ...args)
}

function writeRecord(name: string, target: string, record: object = {}): void {
  const folder = desk.path(join('reports/out', name))
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'check.json'), JSON.stringify({ ...record, target }))
}
