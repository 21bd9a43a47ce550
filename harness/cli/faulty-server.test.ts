import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AssayDesk, runningOf } from './assay-process-fixture.ts'
import { EXIT } from './exit-code.ts'
import { PACKAGE_ROOT } from './package-root.ts'

/** What begins a terminal's escape sequence. */
const CONTROLS = ['\u001b', '\u009b']
const FAULTY = join(PACKAGE_ROOT, 'candidates', 'fixtures', 'faulty')
/** Enough for a fixture's fault, which comes after 10,000 deliveries. */
const BUSY = ['--set', 'arrival.ratePerSecond=1000', '--set', 'users=40', '--set', 'thresholds.minDeliveries=0']

const SURGE = `name: surge
about: Load that is four times as high for five seconds.
users: 20
channels: 2
membership: { kind: fixed, channelsPerUser: 1 }
arrival: { model: open, process: constant, ratePerSecond: 500 }
body: { bytes: 60 }
phases:
  - { name: hold, kind: hold, seconds: 3 }
  - { name: spike, kind: spike, seconds: 5, load: 4, overload: true }
slaMs: 5000
thresholds: { spikeGoodputShare: 0.5 }
`

let desk: AssayDesk
beforeAll(() => {
  desk = new AssayDesk()
})
afterAll(() => desk.remove())

describe('a server that', { timeout: 120_000 }, () => {
  test('dies in the middle fails the run, with its exit code and its last words in the report', async () => {
    const ended = await desk.run('run', 'brief.yaml', ...BUSY, '--target', join(FAULTY, 'candidate.crash.yaml'), '--out', 'crash')
    expect(ended.code).toBe(EXIT.fail)
    expect(ended.stdout).toMatch(/exited with code 3/)
    const record = desk.record('crash')
    expect(record).toMatchObject({ status: 'failed', endedBy: 'server' })
    expect(record.candidate.output).toMatch(/\n\s+at /)
    expect(readFileSync(desk.path('crash/report.html'), 'utf8')).toContain('exited with code 3')
  })

  test('answers nothing more, SIGTERM neither, fails the run and is killed', async () => {
    const assay = desk.start('run', 'brief.yaml', ...BUSY, '--target', join(FAULTY, 'candidate.hang.yaml'), '--out', 'hang')
    await assay.says(/listens at/)
    const started = assay.descendants()
    const ended = await assay.ended
    expect(ended.code).toBe(EXIT.fail)
    const { lost, reasons } = desk.record('hang').summary
    expect(lost).toBeGreaterThan(0)
    expect(reasons[0]).toMatch(/^The server was stuck/)
    expect(started).not.toEqual([])
    await expect.poll(() => runningOf(started), { timeout: 10_000 }).toEqual([])
  })

  test('floods its output with escapes and HTML leaves the terminal and the report clean', async () => {
    const target = join(FAULTY, 'candidate.flood.yaml')
    const ended = await desk.runUntilConclusive('run', 'brief.yaml', ...BUSY, '--target', target, '--out', 'flood')
    expect(ended.code).toBe(desk.codeWithoutFault('flood'))
    expect(CONTROLS.filter(control => (ended.stdout + ended.stderr).includes(control))).toEqual([])
    const page = readFileSync(desk.path('flood/report.html'), 'utf8')
    expect(desk.record('flood').candidate.output).toContain('<script>document.title')
    expect(page).toContain('&lt;script&gt;document.title')
    expect(page).not.toMatch(/<script>document\.title|<img src=x/)
    expect(CONTROLS.filter(control => page.includes(control))).toEqual([])
  })

  test('sheds everything under load fails by what it still delivers, though nothing is lost', async () => {
    desk.write('surge.yaml', SURGE)
    for (const [server, code] of [
      ['shed-all', EXIT.fail],
      ['none', EXIT.pass],
    ] as const) {
      const target = join(FAULTY, `candidate.${server}.yaml`)
      const ended = await desk.runUntilConclusive('run', 'surge.yaml', '--target', target, '--out', server)
      expect(ended.code, ended.stdout + ended.stderr).toBe(code)
      const { summary, thresholds } = desk.record(server)
      expect(summary.lost).toBe(0)
      expect(thresholds.find(({ name }) => name === 'spikeGoodputShare')?.outcome).toBe(code === EXIT.pass ? 'pass' : 'fail')
    }
  })

  test.each([
    ['exits at once', 'process.exit(4)', /exited with code 4/],
    ['never listens', 'setInterval(() => {}, 1000)', /accept connections .* within 1 s/],
  ])('%s fails the run in one clear line, which the record has too', async (what, source, line) => {
    const out = what.replaceAll(' ', '-')
    desk.write('server.cjs', source)
    desk.write('candidate.yaml', 'name: mine\nexercise: chat\nlanguage: javascript\ntransport: ws\nrun: node server.cjs\nreadyTimeout: 1\n')
    const ended = await desk.run('run', 'brief.yaml', '--target', '.', '--out', out)
    expect(ended.code).toBe(EXIT.fail)
    expect(ended.stdout.replaceAll(/\s+/g, ' ')).toMatch(line)
    expect(ended.stderr).not.toContain('    at ')
    expect(desk.record(out)).toMatchObject({ status: 'failed', endedBy: 'server', statusText: expect.stringMatching(line) })
  })
})
