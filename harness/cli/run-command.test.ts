import { existsSync, readFileSync, rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AssayDesk, type Ended } from './assay-process-fixture.ts'
import { EXIT } from './exit-code.ts'

const MESSAGES = 60
const DELIVERIES = 600

describe('runs of two plans against the reference server', () => {
  let desk: AssayDesk
  let twice: Ended
  let other: Ended
  beforeAll(async () => {
    desk = new AssayDesk()
    const repeated = ['--repeat', '2', '--out', 'twice', '--junit', 'new/junit.xml']
    twice = await desk.runUntilConclusive('run', 'brief.yaml', '--seed', '7', ...repeated)
    other = await desk.runUntilConclusive('run', 'brief.yaml', '--seed', '8', '--json', '--out', 'other')
  }, 200_000)
  afterAll(() => desk.remove())

  test('have the exit code of their verdict, a record that fits its schema, and a report', () => {
    expect(twice.code).toBe(Math.max(desk.codeWithoutFault('twice-1'), desk.codeWithoutFault('twice-2')))
    expect(twice.stdout).toMatch(/^\S (PASS|INCONCLUSIVE)\n/)
    const record = desk.record('twice-1')
    expect(record.status).toBe('finished')
    expect(record.candidate.containment).toMatch(/^containment: \w+ \(/)
    expect(twice.stderr).toContain(record.candidate.containment)
    expect(record.summary).toMatchObject({ seed: 7, messages: MESSAGES, deliveries: DELIVERIES, lost: 0, duplicated: 0 })
    expect(readFileSync(desk.path('twice-1/report.html'), 'utf8')).toMatch(/^<!doctype html>/i)
    expect(twice.stdout).toContain('twice-1/report.html')
  })

  test('say in JUnit how each went', () => {
    const xml = readFileSync(desk.path('new/junit.xml'), 'utf8')
    expect(xml).toMatch(/^<\?xml/)
    expect(xml.match(/<testsuite /g)).toHaveLength(2)
  })

  test('with --json print the summary, and nothing else, on stdout', () => {
    expect(other.code).toBe(desk.codeWithoutFault('other'))
    expect(JSON.parse(other.stdout)).toEqual(desk.record('other').summary)
    expect(other.stderr).toContain('seed 8')
  })

  test('have the same plan when they have the same seed, and another when not', () => {
    expect(desk.record('twice-2').planHash).toBe(desk.record('twice-1').planHash)
    expect(desk.record('twice-2').summary.messages).toBe(desk.record('twice-1').summary.messages)
    expect(desk.record('other').planHash).not.toBe(desk.record('twice-1').planHash)
  })

  test('of one plan are put side by side', async () => {
    const ended = await desk.run('compare', 'twice-1', 'twice-2', '--out', 'compare.html')
    expect(ended).toMatchObject({ code: EXIT.pass, stderr: '' })
    expect(readFileSync(desk.path('compare.html'), 'utf8')).toContain('reference chat server')
  })

  test('of different plans are not', async () => {
    const ended = await desk.run('compare', 'twice-1', 'other', '--out', 'refused.html')
    expect(ended.code).toBe(EXIT.misuse)
    expect(ended.stderr).toMatch(/plan/)
    expect(existsSync(desk.path('refused.html'))).toBe(false)
  })

  test('are drawn again as they were', async () => {
    const before = readFileSync(desk.path('other/report.html'), 'utf8')
    rmSync(desk.path('other/report.html'))
    expect(await desk.run('report', 'other')).toMatchObject({ code: EXIT.pass, stderr: '' })
    expect(readFileSync(desk.path('other/report.html'), 'utf8')).toBe(before)
    expect(await desk.run('report', 'other/run.json', '--out', 'deep/er/page.html')).toMatchObject({ code: EXIT.pass })
    expect(readFileSync(desk.path('deep/er/page.html'), 'utf8')).toBe(before)
  })
})

describe('runs that', () => {
  let desk: AssayDesk
  beforeAll(() => {
    desk = new AssayDesk()
  })
  afterAll(() => desk.remove())

  test('were not played leave no JUnit of an earlier run, and none that is green', async () => {
    desk.write('nobody.xml', 'of an earlier run')
    const ended = await desk.run('run', 'brief.yaml', '--target', 'tcp://127.0.0.1:9', '--junit', 'nobody.xml')
    expect(ended.code).toBe(EXIT.misuse)
    expect(readFileSync(desk.path('nobody.xml'), 'utf8')).toMatch(/errors="1"[^]*<error type="broken off" message="[^"]*127\.0\.0\.1:9/)
  })

  test('were repeated are offered for comparison in words that a shell takes', { timeout: 60_000 }, async () => {
    desk.write('candidate.yaml', 'name: dead\nexercise: chat\nlanguage: javascript\ntransport: tcp\nrun: exit 3\n')
    const ended = await desk.run('run', 'brief.yaml', '--target', '.', '--repeat', '2', '--out', 'of mine')
    expect(ended.stdout).toContain("Compare  assay compare 'of mine-1' 'of mine-2'\n")
  })

  test('were finished are told, though the next cannot be played', { timeout: 60_000 }, async () => {
    desk.write('candidate.yaml', 'name: dead\nexercise: chat\nlanguage: javascript\ntransport: tcp\nrun: exit 3\n')
    desk.write('told-2', 'a file where its folder would be')
    const ended = await desk.run('run', 'brief.yaml', '--target', '.', '--repeat', '2', '--json', '--junit', 'told.xml', '--out', 'told')
    expect(ended.code).toBe(EXIT.misuse)
    expect(JSON.parse(ended.stdout)).toMatchObject([{ verdict: 'fail' }])
    expect(readFileSync(desk.path('told.xml'), 'utf8').match(/<testsuite /g)).toHaveLength(2)
  })
})

describe('readers who have stopped reading', () => {
  let desk: AssayDesk
  beforeAll(() => {
    desk = new AssayDesk()
    desk.write('stopped.yaml', STOPPED)
  })
  afterAll(() => desk.remove())

  test('are let go of by the reference server, and cost the others nothing', { timeout: 120_000 }, async () => {
    await desk.run('run', 'stopped.yaml', '--out', 'stopped')
    const { summary } = desk.record('stopped')
    expect(summary).toMatchObject({ lost: 0, duplicated: 0, misdelivered: 0, corrupted: 0, dropped: 0 })
    expect(summary.slowReaders).toMatchObject([{ name: 'stopped', users: 2, evicted: 2 }])
    expect(summary.deliveries).toBeGreaterThan(0)
  })
})

/** More bytes for each reader than the kernel and the server's queue hold together. */
const STOPPED = `name: stopped readers
users: 10
channels: 1
membership: { kind: all }
arrival: { model: open, process: constant, ratePerSecond: 400 }
body: { bytes: 16000 }
cohorts: [{ name: stopped, share: 0.2, reading: stopped }]
phases: [{ name: hold, kind: hold, seconds: 4 }]
thresholds: { completionP99Ms: 60000 }
`
