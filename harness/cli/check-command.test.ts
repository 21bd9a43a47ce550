import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CheckRecord, checkRecordSchema } from '../record/check-record.ts'
import { AssayDesk } from './assay-process-fixture.ts'
import { EXIT } from './exit-code.ts'
import { PACKAGE_ROOT } from './package-root.ts'

const REFERENCE = join(PACKAGE_ROOT, 'reference', 'chat')
const SAMPLES = join(PACKAGE_ROOT, 'candidates', 'samples', 'chat', 'typescript')
const DEAD = 'name: dead\nexercise: chat\nlanguage: javascript\ntransport: tcp\nrun: node dead.cjs\nreadyTimeout: 5\n'

let desk: AssayDesk
beforeAll(() => {
  desk = new AssayDesk()
})
afterAll(() => desk.remove())

/** Side by side: most of an examination is waiting. Each works in a folder of its own. */
describe.concurrent('assay check', { timeout: 120_000 }, () => {
  test('of a right server exits with 0, and leaves a record that fits its schema, a scorecard and JUnit', async () => {
    const ended = await desk.run('check', REFERENCE, '--only', 's1.rejoin', '--seed', '7', '--json', '--out', 'right', '--junit', 'j.xml')
    expect(ended).toMatchObject({ code: EXIT.pass })
    expect(ended.stderr).toMatch(/containment: \w+/)
    const printed = checkRecordSchema.parse(JSON.parse(ended.stdout))
    expect(printed).toEqual(recordIn('right'))
    expect(printed).toMatchObject({ status: 'finished', seed: 7, language: 'typescript' })
    expect(attempted(printed)).toEqual([['s1.rejoin', 'pass']])
    expect(readFileSync(desk.path('right/scorecard.html'), 'utf8')).toMatch(/^<!doctype html>/i)
    expect(readFileSync(desk.path('j.xml'), 'utf8')).toMatch(/name="s1\.rejoin" time="[\d.]+"\/>/)
  })

  test('with --repeat goes through it all again, and says how often the verdicts agree', async () => {
    const ended = await desk.run('check', REFERENCE, '--only', 's1.rejoin', '--repeat', '2', '--out', 'repeated')
    expect(ended).toMatchObject({ code: EXIT.pass })
    const checks = recordIn('repeated').checks.filter(({ outcome }) => outcome !== 'not attempted')
    expect(checks.map(({ id, outcome, repetition }) => [id, outcome, repetition])).toEqual([
      ['s1.rejoin', 'pass', 1],
      ['s1.rejoin', 'pass', 2],
    ])
    expect(ended.stdout.replaceAll(/\s+/g, ' ')).toMatch(/s1\.rejoin [^]*2 of 2/)
  })

  test('of a flawed server exits with 1 and says why; held against its grading, with 0', async () => {
    const flawed = join(SAMPLES, 'prefix-mix-up')
    const ended = await desk.run('check', flawed, '--only', 's1.isolation', '--expect', '--out', 'flawed')
    expect(ended).toMatchObject({ code: EXIT.pass })
    expect(ended.stderr).toContain('as expected')
    expect(ended.stdout).toMatch(/✕ s1\.isolation/)
    expect(ended.stdout.replaceAll(/\s+/g, ' ')).toMatch(/assay check \S+ --only s1\.isolation --seed \d+/)
  })

  test('of several puts them side by side, and the worst sets the exit code', async () => {
    const dead = deadServer('several')
    const ended = await desk.run('check', REFERENCE, dead, '--only', 's1.rejoin', '--out', 'both')
    expect(ended.code).toBe(EXIT.fail)
    expect(ended.stdout).toMatch(/Side by side[^]*B +✕ FAIL dead[^]*s1\.rejoin +✓ +–/)
    expect(readFileSync(desk.path('both-comparison/comparison.html'), 'utf8')).toMatch(/2 candidates[^]*s1\.rejoin/)
    expect(recordIn('both-2')).toMatchObject({ status: 'failed' })
    expect(ended.stdout.replaceAll(/\s+/g, ' ')).toMatch(/exited with code 3/)
  })

  test('without names prints none: not in the terminal, not as JSON or JUnit, and not side by side', async () => {
    const one = namedServer('jane-doe')
    const other = namedServer('john-roe')
    const alone = await desk.run('check', one, '--only', 's1.rejoin', '--anonymous', '--junit', 'nameless.xml')
    const json = await desk.run('check', one, other, '--only', 's1.rejoin', '--anonymous', '--json', '--out', 'nobody')
    const both = await desk.run('check', one, other, '--only', 's1.rejoin', '--anonymous', '--junit', 'nameless-both.xml')
    const files = ['nameless.xml', 'nameless-both.xml', 'nobody-comparison/comparison.html'].map(name =>
      readFileSync(desk.path(name), 'utf8'),
    )
    for (const text of [alone.stdout, json.stdout, both.stdout, ...files]) expect(text).not.toMatch(/jane-doe|john-roe/)
    expect(alone.stdout).toMatch(/^\S FAIL {2}the candidate\n/)
    expect(checkRecordSchema.array().parse(JSON.parse(json.stdout))).toMatchObject([
      { candidate: 'candidate 1' },
      { candidate: 'candidate 2' },
    ])
    expect(both.stdout).toMatch(/Side by side[^]*B +✕ FAIL Candidate 2/)
    expect(files[1]).toContain('name="candidate 2, seed')
    // What is kept says whose it is.
    expect(recordIn('nobody-1')).toMatchObject({ candidate: 'jane-doe' })
  })

  test('honours an interview that was begun without a name, for that candidate alone', async () => {
    const [one, other] = [namedServer('ann-noname'), namedServer('bob-named')]
    await desk.run('interview', 'start', one, '--anonymous')
    const ended = await desk.run('check', one, other, '--only', 's1.rejoin', '--out', 'half')
    const page = readFileSync(desk.path('half-comparison/comparison.html'), 'utf8')
    for (const text of [ended.stdout, page]) {
      expect(text).not.toContain('ann-noname')
      expect(text).toContain('bob-named')
    }
    expect(page).toContain('Candidate 1')
  })

  test('that is interrupted exits with 130, keeps what was found, and leaves nothing running', async () => {
    const assay = desk.start('check', REFERENCE, '--only', 's1.fanout,s1.rejoin', '--out', 'interrupted')
    await assay.says(/PASS s1\.fanout/)
    const started = assay.descendants()
    expect(started).not.toEqual([])
    assay.kill('SIGINT')
    expect((await assay.ended).code).toBe(EXIT.interrupted)
    expect(recordIn('interrupted')).toMatchObject({ status: 'interrupted' })
    await expect.poll(() => started.filter(isRunning), { timeout: 10_000 }).toEqual([])
  })

  test('guesses a manifest for a folder without one, shows it, and writes it only when asked to', async () => {
    const folder = desk.path('guessed')
    mkdirSync(folder)
    writeFileSync(join(folder, 'package.json'), '{ "name": "guessed" }')
    writeFileSync(join(folder, 'server.js'), 'process.exit(4)\n')
    const shown = await desk.run('check', folder, '--only', 's1.rejoin')
    expect(shown.stderr).toMatch(/name: guessed[^]*language: javascript[^]*run: exec node server\.js/)
    expect(shown.code).toBe(EXIT.fail)
    expect(existsSync(join(folder, 'candidate.yaml'))).toBe(false)
    await desk.run('check', folder, '--only', 's1.rejoin', '--write-manifest')
    expect(readFileSync(join(folder, 'candidate.yaml'), 'utf8')).toContain('run: exec node server.js')
  })

  test('with --watch examines again after a save', async () => {
    const dead = deadServer('saved')
    const assay = desk.start('check', dead, '--watch', '--only', 's1.rejoin', '--out', 'watched')
    await assay.says(/Waiting for a save/)
    writeFileSync(join(dead, 'dead.cjs'), 'process.exit(5)')
    await assay.says(/Saved: examining again[^]*Waiting for a save/)
    expect(assay.stdout.replaceAll(/\s+/g, ' ')).toMatch(/code 3.*code 5/)
    assay.kill('SIGINT')
    expect((await assay.ended).code).toBe(EXIT.interrupted)
  })

  test('of several tells what is finished, though the next cannot be examined', async () => {
    const dead = deadServer('finished')
    desk.write('told-2', 'a file where its folder would be')
    const ended = await desk.run('check', dead, REFERENCE, '--only', 's1.rejoin', '--json', '--junit', 'told.xml', '--out', 'told')
    expect(ended.code).toBe(EXIT.misuse)
    expect(JSON.parse(ended.stdout)).toMatchObject([{ candidate: 'dead', status: 'failed' }])
    expect(readFileSync(desk.path('told.xml'), 'utf8')).toMatch(/name="examination"[^]*<error type="broken off" message="[^"]*told-2/)
  })

  test.each([
    ['a store that runs already', ['http://127.0.0.1:1'], /Expected a folder or manifest of a key-value store, got http/],
    ['a server that nobody has started', ['tcp://127.0.0.1:1'], /Start it first/],
    ['a rubric of another exercise', ['--rubric', join(PACKAGE_ROOT, 'docs', 'rubric-kv.yaml')], /to be a rubric for the exercise chat/],
  ])('beside %s is misuse before anything is examined', async (what, more, message) => {
    const listener = createServer().listen(0, '127.0.0.1')
    await once(listener, 'listening')
    const { port } = listener.address() as AddressInfo
    const out = what.replaceAll(' ', '-')
    const ended = await desk.run('check', `tcp://127.0.0.1:${port}`, ...more, '--junit', `${out}.xml`, '--out', out)
    listener.close()
    expect(ended.stderr).toMatch(message)
    expect(ended.code).toBe(EXIT.misuse)
    for (const left of [out, `${out}-1`, `${out}.xml`]) expect(existsSync(desk.path(left))).toBe(false)
  })

  test('reads an interview before it begins, and says what is wrong in it', async () => {
    const dead = deadServer('noted')
    writeFileSync(join(dead, 'interview.yaml'), 'version: 1\nstages: nine\n')
    const ended = await desk.run('check', dead, '--out', 'of-noted')
    expect(ended.stderr).toMatch(/interview\.yaml: `stages`: .*Mend it by hand/)
    expect(ended.code).toBe(EXIT.misuse)
    expect(existsSync(desk.path('of-noted'))).toBe(false)
  })

  test('of a folder that is not there says so, and nothing else', async () => {
    const ended = await desk.run('check', './nowhere')
    expect(ended).toMatchObject({ code: EXIT.misuse, stdout: '', stderr: expect.stringMatching(/^Expected \.\/nowhere to be .*\n$/) })
  })

  test.each([
    [['check'], /Name its folder/],
    [['check', '.', '--watch', '--json'], /Expected --watch without --json, --junit and --open/],
    [['check', '.', '--watch', '--junit', 'watched.xml'], /Expected --watch without/],
    [['check', '.', '--watch', '--open'], /Expected --watch without/],
    [['check', 'nothing'], /no such file or folder/],
    [['check', '.', '--only', 's1.fanuot'], /Did you mean `s1\.fanout`/],
    [['check', '.', 'ws://127.0.0.1:1'], /one after the other/],
    [['check', 'ws://127.0.0.1:1'], /Start it first/],
    [['check', '.', '--repeat', '0'], /'0' is invalid\. Expected a whole number from 1 to/],
    [['check', '.', '--stage', '7'], /Allowed choices are 1, 2, 3/],
  ])('%s is misuse, and says what to do', async (args, message) => {
    const ended = await desk.run(...args)
    expect(ended.stderr).toMatch(message)
    expect(ended.code).toBe(EXIT.misuse)
  })
})

/** A folder with a server that ends at once. */
function deadServer(name: string): string {
  const folder = desk.path(name)
  mkdirSync(folder)
  writeFileSync(join(folder, 'dead.cjs'), 'process.exit(3)')
  writeFileSync(join(folder, 'candidate.yaml'), DEAD)
  return folder
}

/** One that does not start, whose folder and manifest bear a person's name; made anew where it is there already. */
function namedServer(name: string): string {
  const folder = desk.path(name)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'candidate.yaml'), DEAD.replace('name: dead', `name: ${name}`).replace('node dead.cjs', 'exit 3'))
  return folder
}

function recordIn(folder: string): CheckRecord {
  return checkRecordSchema.parse(JSON.parse(readFileSync(desk.path(join(folder, 'check.json')), 'utf8')))
}

function attempted({ checks }: CheckRecord): [string, string][] {
  return checks.filter(({ outcome }) => outcome !== 'not attempted').map(({ id, outcome }) => [id, outcome])
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
