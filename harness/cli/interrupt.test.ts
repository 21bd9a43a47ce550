import { existsSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AssayProcess, AssayDesk, runningOf } from './assay-process-fixture.ts'
import { EXIT } from './exit-code.ts'

const LONG = ['--set', 'phases.hold.seconds=50', '--set', 'thresholds.minDeliveries=0']

let desk: AssayDesk
beforeAll(() => {
  desk = new AssayDesk()
})
afterAll(() => desk.remove())

describe('a run in the middle', { timeout: 90_000 }, () => {
  test('ends on Ctrl-C with exit code 130, a record and a report that say so, and no process left', async () => {
    const { assay, started } = await startLong('interrupted')
    assay.kill('SIGINT')
    const ended = await assay.ended
    expect(ended.code).toBe(EXIT.interrupted)
    expect(ended.stderr).toContain('Interrupted')
    const record = desk.record('interrupted')
    expect(record).toMatchObject({ status: 'interrupted', endedBy: 'user' })
    expect(record.summary.deliveries).toBeGreaterThan(0)
    expect(readFileSync(desk.path('interrupted/report.html'), 'utf8')).toMatch(/interrupted/i)
    await expectEnded(started)
  })

  test('ends on Ctrl-C while its users still come', async () => {
    const slowly = ['--set', 'users=60', '--set', 'join.perSecond=1']
    const assay = desk.start('run', 'brief.yaml', ...slowly, '--out', 'gathering')
    await assay.says(/joining .*users/)
    const started = assay.descendants()
    assay.kill('SIGINT')
    expect(await assay.ended).toMatchObject({ code: EXIT.interrupted })
    expect(desk.record('gathering').status).toBe('interrupted')
    await expectEnded(started)
  })

  test('that is killed leaves a record that can be drawn, and no server', async () => {
    const { assay, started } = await startLong('killed')
    await expect.poll(() => existsSync(desk.path('killed/run.json')), { timeout: 20_000 }).toBe(true)
    assay.kill('SIGKILL')
    await assay.ended
    // Where the run goes on in an isolated network, that part of it outlives the kill for as long as it takes to say so.
    const { status, summary } = desk.record('killed')
    expect(status).toMatch(/^(running|interrupted)$/)
    expect(summary.verdict).toBe('inconclusive')
    expect(await desk.run('report', 'killed')).toMatchObject({ code: EXIT.pass })
    expect(existsSync(desk.path('killed/report.html'))).toBe(true)
    await expectEnded(started)
  })

  test('ends on Ctrl-C while the server is still starting', async () => {
    desk.write('server.cjs', 'setInterval(() => {}, 1000)')
    desk.write(
      'candidate.yaml',
      'name: slow\nexercise: chat\nlanguage: javascript\ntransport: ws\nrun: node server.cjs\nreadyTimeout: 50\n',
    )
    const assay = desk.start('run', 'brief.yaml', '--target', '.', '--out', 'starting')
    // What starts first is the isolated network; the server comes after the first word about it.
    await assay.says(/Playing/)
    const started = assay.descendants()
    assay.kill('SIGINT')
    expect(await assay.ended).toMatchObject({ code: EXIT.interrupted })
    expect(desk.record('starting').status).toBe('interrupted')
    await expectEnded(started)
  })
})

/** A run that sends already; `started`: the processes of its server. */
async function startLong(out: string): Promise<{ assay: AssayProcess; started: number[] }> {
  const assay = desk.start('run', 'brief.yaml', ...LONG, '--out', out)
  await assay.says(/hold .* [1-9][\d,]* deliveries/)
  const started = assay.descendants()
  expect(started).not.toEqual([])
  return { assay, started }
}

/** What guards a server against the death of its parent may outlive it by a moment. */
async function expectEnded(pids: readonly number[]): Promise<void> {
  await expect.poll(() => runningOf(pids), { timeout: 10_000 }).toEqual([])
}
