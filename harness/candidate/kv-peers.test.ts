import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { ASSAY_ROOT } from './assay-package.ts'
import { resolveTarget } from './find-candidate.ts'
import type { RunningCandidate } from './running-candidate.ts'
import { startCandidate } from './start-candidate.ts'
import { freePort } from './wait-until-listening.ts'

const PEERS = join(ASSAY_ROOT, 'candidates', 'peers')
const STORES = [
  { name: 'etcd', program: 'etcd', package: 'etcd-server' },
  { name: 'redis', program: 'redis-server', package: 'redis-server' },
] as const
const READY_LIMIT_MS = 60_000
const STEP_MS = 100

const running: RunningCandidate[] = []
const folders: string[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map(async node => await node.crash()))
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
})

test.each(['contract-door.mjs', 'node-setting.mjs', 'tunnel.mjs'])('%s is the same for every store', file => {
  const [first, ...rest] = STORES.map(({ name }) => readFileSync(join(PEERS, name, file), 'utf8'))
  for (const other of rest) expect(other).toBe(first)
})

for (const store of STORES) {
  const isInstalled = spawnSync(store.program, ['--version'], { stdio: 'ignore' }).status === 0
  const why = isInstalled ? '' : ` (skipped: needs ${store.program}, apt-get install ${store.package})`
  describe.skipIf(!isInstalled || process.platform !== 'linux')(`${store.name}${why}`, () => {
    test('three nodes hold what one was told, one that nobody knew too, and nothing is left of them', { timeout: 150_000 }, async () => {
      const root = mkdtempSync(join(tmpdir(), `assay-${store.name}-`))
      folders.push(root)
      const places = await Promise.all(
        ['a', 'b', 'c', 'd'].map(async (name, index) => {
          const host = `127.0.3.${index + 2}`
          return { name, host, port: await freePort(host), folder: join(root, name) }
        }),
      )
      const target = await resolveTarget(join(PEERS, store.name))
      const start = async (place: (typeof places)[number], peers: typeof places): Promise<string> => {
        const list = peers.filter(peer => peer !== place).map(peer => `${peer.name}=${peer.host}:${peer.port}`)
        const extraEnv = { NODE: place.name, PEERS: list.join(','), DATA_DIR: place.folder }
        running.push(await startCandidate(target, { host: place.host, port: place.port, extraEnv, containment: 'group' }))
        return `http://${place.host}:${place.port}`
      }
      const [joiner] = places.slice(3)
      if (joiner === undefined) throw new Error('Expected a place for the joiner')
      const first = places.slice(0, 3)
      const [a = '', b = '', c = ''] = await Promise.all(first.map(async place => await start(place, first)))
      await Promise.all([a, b, c].map(waitUntilItServes))

      const value = '\u0000 a value\r\n ✓'
      expect((await fetch(`${b}/kv/some%2Fkey`, { method: 'PUT', body: value })).status).toBe(204)
      for (const node of [a, b, c]) await waitForValue(`${node}/kv/some%2Fkey`, value)
      expect((await fetch(`${c}/kv/some%2Fkey`, { method: 'DELETE' })).status).toBe(204)
      for (const node of [a, b, c]) await waitForValue(`${node}/kv/some%2Fkey`, undefined)
      expect((await fetch(`${a}/kv/`)).status).toBe(400)
      expect((await fetch(`${a}/kv/k`, { method: 'PUT', body: Buffer.alloc(1024 * 1024 + 1) })).status).toBe(413)

      expect((await fetch(`${a}/kv/before`, { method: 'PUT', body: 'x' })).status).toBe(204)
      const d = await start(joiner, places)
      await waitUntilItServes(d)
      await waitForValue(`${d}/kv/before`, 'x')
      expect((await fetch(`${d}/kv/after`, { method: 'PUT', body: 'y' })).status).toBe(204)
      await waitForValue(`${a}/kv/after`, 'y')

      const pids = running.flatMap(node => node.pids())
      const exits = await Promise.all(running.map(async node => await node.stop()))
      expect(exits.map(exit => exit.code)).toEqual([0, 0, 0, 0])
      for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow()
    })
  })
}

async function waitUntilItServes(node: string): Promise<void> {
  for (let waitedMs = 0; waitedMs < READY_LIMIT_MS; waitedMs += STEP_MS) {
    const answer = await fetch(`${node}/health`).catch(() => undefined)
    if (answer?.status === 200) return
    await sleep(STEP_MS)
  }
  throw new Error(`Expected ${node} to serve within ${READY_LIMIT_MS} ms`)
}

/** `undefined`: until it is absent. */
async function waitForValue(url: string, value: string | undefined): Promise<void> {
  let last = ''
  for (let waitedMs = 0; waitedMs < READY_LIMIT_MS; waitedMs += STEP_MS) {
    const answer = await fetch(url)
    last = await answer.text()
    if (value === undefined ? answer.status === 404 : answer.status === 200 && last === value) return
    await sleep(STEP_MS)
  }
  throw new Error(`Expected ${url} to be ${value ?? 'absent'}, got ${last}`)
}
