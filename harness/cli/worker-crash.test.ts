import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { AssayDesk, AssayProcess, runningOf } from './assay-process-fixture.ts'
import { EXIT } from './exit-code.ts'
import { PACKAGE_ROOT } from './package-root.ts'

/** Loaded into every thread: a worker that has told of deliveries throws, as a bug of ours would. */
const CRASH = `
import { isMainThread, parentPort } from 'node:worker_threads'
if (!isMainThread && parentPort !== null) {
  const post = parentPort.postMessage.bind(parentPort)
  parentPort.postMessage = message => {
    post(message)
    if (message.type === 'progress' && message.progress.deliveries > 0) setImmediate(() => { throw new TypeError('a bug of ours') })
  }
}
`

let desk: AssayDesk
beforeAll(() => {
  desk = new AssayDesk()
  desk.write('crash.mjs', CRASH)
})
afterAll(() => desk.remove())

test('a worker that crashes in the middle leaves a record and a report that say so, and nothing running', { timeout: 60_000 }, async () => {
  const args = ['run', 'brief.yaml', '--set', 'phases.hold.seconds=20', '--workers', '2', '--out', 'crashed', '--junit', 'junit.xml']
  const env = { NODE_OPTIONS: `--import=${pathToFileURL(desk.path('crash.mjs')).href}` }
  const assay = new AssayProcess(args, desk.folder, join(PACKAGE_ROOT, 'bin', 'assay.js'), env)
  await assay.says(/users/)
  const started = assay.descendants()
  const ended = await assay.ended
  expect(ended.code).toBe(EXIT.bug)
  expect(ended.stdout).toMatch(/^\? INCONCLUSIVE[^]*fault of Assay[^]*Worker \d of the load engine ended/)

  const record = desk.record('crashed')
  expect(record).toMatchObject({ status: 'failed', endedBy: 'harness', statusText: expect.stringMatching(/Worker \d .*a bug of ours/) })
  expect(record.summary.verdict).toBe('inconclusive')
  expect(record.summary.reasons).toEqual([expect.stringContaining('fault of Assay')])
  // What it had told before is kept, and what it never told is no fault of the server.
  expect(record.summary.deliveries).toBeGreaterThan(0)
  expect(record.summary).toMatchObject({ lost: 0, duplicated: 0, misdelivered: 0, corrupted: 0 })
  const report = readFileSync(desk.path('crashed/report.html'), 'utf8')
  expect(report).toContain('a bug of ours')
  expect(report).toMatch(/fault of Assay/)
  expect(readFileSync(desk.path('junit.xml'), 'utf8')).toMatch(/<error[^]*a bug of ours/)
  expect(existsSync(desk.path('crashed/run.json.part'))).toBe(false)
  await expect.poll(() => runningOf(started), { timeout: 10_000 }).toEqual([])
})
