import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MisuseError } from '../candidate/fault.ts'
import { ask, planned, standing } from '../examine/race-plan.ts'
import { checkRecord, checkResult } from '../judge/check-record-fixture.ts'
import type { CheckResult } from '../record/check-record.ts'
import { replayRecordSchema } from '../record/replay-record.ts'
import { AssayDesk } from './assay-process-fixture.ts'
import { EXIT } from './exit-code.ts'
import { PACKAGE_ROOT } from './package-root.ts'
import { readReplayEvidence } from './replay-file.ts'

const SAMPLES = join(PACKAGE_ROOT, 'candidates', 'samples', 'chat', 'typescript')
const FIRST_JOIN = 's1.race.first-join'
/** Two joins of one channel at once: of check-then-put this is enough to lose one. */
const INTERLEAVING = {
  batch: 0,
  profile: 'plain',
  recipe: planned(0, {
    channels: 1,
    connections: [standing('ada'), standing('bob')],
    acts: [ask(0, { join: [0] }), ask(1, { join: [0] })],
    roll: [{ channel: 0, speaker: 0 }],
  }),
}

const BRIEFLY = ['--time', '0', '--tries', '1']

let desk: AssayDesk
beforeAll(() => {
  desk = new AssayDesk()
})
afterAll(() => desk.remove())

describe('the evidence of a replay', () => {
  test('is the failed race of an examination, named by its file or its folder', () => {
    mkdirSync(desk.path('one'))
    keep('one/check.json', race(FIRST_JOIN), checkResult('s1.fanout', 'fail'))
    const expected = { checkId: FIRST_JOIN, target: './ann', seed: 42, interleaving: INTERLEAVING }
    expect(readReplayEvidence(desk.path('one'))).toMatchObject({ ...expected, file: desk.path('one/check.json') })
    expect(readReplayEvidence(desk.path('one/check.json'))).toMatchObject(expected)
    expect(readReplayEvidence(`${desk.path('one/check.json')}#${FIRST_JOIN}`)).toMatchObject(expected)
  })

  test('has to be named where several races failed, and only then', () => {
    keep('two.json', race(FIRST_JOIN), race('s1.race.churn'), race('s1.race.churn'))
    expect(() => readReplayEvidence(desk.path('two.json'))).toThrow(
      /got 2 of them\. Name one: `.*two\.json#s1\.race\.first-join` \(or s1\.race\.churn\)/,
    )
    expect(readReplayEvidence(`${desk.path('two.json')}#s1.race.churn`).checkId).toBe('s1.race.churn')
  })

  test.each([
    ['missing.json', /Expected .*missing\.json to be a check\.json or what a replay left, got no such file/],
    ['brief.yaml', /Expected .*brief\.yaml to be what `assay check` writes/],
    ['other.json', /Expected .*other\.json to be what `assay check` writes/],
    ['none.json', /to hold a failed race, but no race check failed there/],
    ['none.json#s1.fanout', /to hold a failed race, but it ended as fail, without an interleaving/],
    ['none.json#s1.race.frist-join', /to hold the check s1\.race\.frist-join, got none of that name/],
  ])('%s is misuse, and says what to do', (name, message) => {
    desk.write('other.json', '{"kind":"assay-run"}')
    keep('none.json', checkResult('s1.fanout', 'fail'))
    expect(() => readReplayEvidence(desk.path(name))).toThrow(message)
    expect(() => readReplayEvidence(desk.path(name))).toThrow(MisuseError)
  })
})

describe.concurrent('assay replay', { timeout: 120_000 }, () => {
  test('shows the race again, exits with 1, and leaves what can be replayed', async () => {
    keep('raced.json', race(FIRST_JOIN))
    const ended = await desk.run('replay', 'raced.json', '--target', join(SAMPLES, 'check-then-put'), ...BRIEFLY)
    expect(ended).toMatchObject({ code: EXIT.fail, stdout: expect.stringMatching(/s1\.race\.first-join[^]*1 of 1/) })
    const left = `replay-${FIRST_JOIN}.json`
    const smallest = { connections: 2, channels: 1, requests: 2 }
    expect(recordIn(left)).toMatchObject({ hits: 1, tries: 1, smallest, language: 'typescript' })
    expect(readReplayEvidence(desk.path(left))).toMatchObject({ checkId: FIRST_JOIN, seed: 42, target: recordIn(left).target })
  })

  test('of a mended server does not show it, and exits with 0', async () => {
    keep('mended.json', race(FIRST_JOIN))
    const ended = await desk.run('replay', 'mended.json', '--target', join(SAMPLES, 'right'), ...BRIEFLY, '--out', 'gone.json', '--json')
    expect(ended.code).toBe(EXIT.pass)
    expect(replayRecordSchema.parse(JSON.parse(ended.stdout))).toEqual(recordIn('gone.json'))
    expect(recordIn('gone.json')).toMatchObject({ hits: 0, tries: 1, withinSeconds: null, evidence: [] })
  })

  test.each([
    [['replay', 'nowhere'], /got no such file\. See reports\/out/],
    [['replay', 'moved.json'], /no such file or folder.* examined from another folder, perhaps: go there, or name it with --target/],
    [['replay', 'moved.json', '--tries', '0'], /1 to 100/],
  ])('%s is misuse, and says what to do', async (args, message) => {
    keep('moved.json', race(FIRST_JOIN))
    const ended = await desk.run(...args)
    expect(ended.stderr).toMatch(message)
    expect(ended.code).toBe(EXIT.misuse)
    expect(ended.stderr).not.toContain('    at ')
  })
})

describe.concurrent('assay calibrate', { timeout: 120_000 }, () => {
  test('plays the samples of a language, and says how surely its race is found here', async () => {
    const ended = await desk.run('calibrate', 'typescript')
    // A full machine may keep the flawed sample from being found often enough, and nothing else.
    expect([EXIT.pass, EXIT.inconclusive]).toContain(ended.code)
    expect(ended.stderr).toMatch(/measuring s1\.race\.first-join/)
    expect(ended.stdout).toMatch(/^(s1\.race\.first-join +flawed found in \d+ of \d+ batches, right failed in 0 of \d+|inconclusive: )/m)
  })

  test.each([
    [['calibrate', 'typscript'], /Expected a language with controls \(java, go, .*got "typscript"\. Did you mean `typescript`\?/],
    [['calibrate', 'go', '--containment', 'some'], /Allowed choices are/],
  ])('%s is misuse, and says what to do', async (args, message) => {
    const ended = await desk.run(...args)
    expect(ended.stderr).toMatch(message)
    expect(ended).toMatchObject({ code: EXIT.misuse, stdout: '' })
  })
})

function race(id: string): CheckResult {
  return checkResult(id, 'fail', { interleaving: INTERLEAVING })
}

function keep(name: string, ...checks: readonly CheckResult[]): void {
  desk.write(name, JSON.stringify({ ...checkRecord(), target: './ann', checks }))
}

function recordIn(name: string) {
  return replayRecordSchema.parse(JSON.parse(readFileSync(desk.path(name), 'utf8')))
}
