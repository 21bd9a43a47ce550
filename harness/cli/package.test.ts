import { execFile } from 'node:child_process'
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { AssayDesk, AssayProcess } from './assay-process-fixture.ts'
import { PACKAGE_ROOT } from './package-root.ts'

const LIMIT_MS = 240_000
/** What npm says where there is no registry and its cache lacks something. */
const UNREACHABLE = /ENOTCACHED|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|E50\d/
const npm = promisify(execFile)

let desk: AssayDesk
beforeAll(() => {
  desk = new AssayDesk()
})
afterAll(() => desk.remove())

test(
  'the package, installed into an empty folder, plays a run (needs the npm registry, or its cache)',
  { timeout: LIMIT_MS },
  async context => {
    // Built already (npm test does); to build now would pull the files from under other tests.
    await npm('npm', ['pack', '--ignore-scripts', '--pack-destination', desk.folder], { cwd: PACKAGE_ROOT })
    const tarball = readdirSync(desk.folder).find(name => name.endsWith('.tgz')) ?? 'none'
    const folder = desk.path('empty')
    mkdirSync(folder)
    try {
      await npm('npm', ['install', '--prefix', folder, '--prefer-offline', '--no-audit', '--no-fund', desk.path(tarball)], { cwd: folder })
    } catch (error) {
      if (error instanceof Error && UNREACHABLE.test(error.message)) context.skip('no npm registry, and its cache lacks a dependency')
      throw error
    }
    const entry = join(folder, 'node_modules', '.bin', 'assay')
    const size = ['users=20', 'channels=2', 'membership.channelsPerUser=1', 'arrival.ratePerSecond=50', 'thresholds.minDeliveries=100']
    const sets = [...size, 'phases.hold.seconds=1', 'slaMs=5000', 'thresholds.completionP99Ms=5000'].flatMap(set => ['--set', set])
    const ended = await new AssayProcess(['run', 'smoke', ...sets, '--out', 'played'], folder, entry).ended
    expect(ended.stderr).toContain('reference chat server listens at')
    expect(ended.code).toBe(desk.codeWithoutFault('empty/played'))
    expect(desk.record('empty/played').summary).toMatchObject({ lost: 0, duplicated: 0 })
  },
)
