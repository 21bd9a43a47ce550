import { createServer, type Server } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import { kvScenarioSchema } from '../scenario/kv-scenario.ts'
import type { KvNodeAddress } from './kv-client-pool.ts'
import { measureKvRun } from './measured-kv-run.ts'
import { playKv } from './play-kv.ts'

const HOST = '127.0.0.1'
const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  }
})

const OPEN = { model: 'open', process: 'constant', ratePerSecond: 100 } as const
const EACH_ANSWERED = { failed: 0, wrong: 0, diverged: 0, superseded: 0, unavailable: 0 }

test('every request of a right store is answered, and all nodes agree in the end', async () => {
  const map = new Map<string, Buffer>()
  const nodes = [await serve(map), await serve(map)]
  const { kv, summary, status } = await play(nodes, OPEN)
  expect(status).toBe('finished')
  expect(kv).toMatchObject({ ...EACH_ANSWERED, retries: 0 })
  expect(summary).toMatchObject({ messages: 100, deliveries: 100, lost: 0, corrupted: 0 })
  expect(kv.operations.reduce((sum, { answered }) => sum + answered, 0)).toBe(100)
  expect(summary.completionMs.count).toBe(100)
})

test('nodes that never tell each other anything have diverged', async () => {
  const { kv } = await play([await serve(new Map()), await serve(new Map())], OPEN, true)
  expect(kv.diverged).toBeGreaterThan(0)
})

test('a value with a byte changed is a wrong value', async () => {
  const node = await serve(new Map(), value => Buffer.concat([value.subarray(0, -1), Buffer.from('!')]))
  const { kv, evidence } = await play([node], OPEN, true)
  expect(kv.wrong).toBeGreaterThan(0)
  expect(evidence[0]).toMatchObject({ kind: 'corrupted', text: expect.stringContaining('nobody had written') })
})

test('a node that says 503 and one that is not there are passed over, and the next one is asked', async () => {
  const map = new Map<string, Buffer>()
  const nodes = [await serve(map), await serve(map, undefined, () => true), { name: 'gone', host: HOST, port: 1 }]
  const { kv, summary } = await play(nodes, OPEN, 'drain')
  expect(kv).toMatchObject({ failed: 0, wrong: 0, superseded: 0 })
  expect(kv.unavailable).toBeGreaterThan(0)
  expect(kv.nodes[2]?.broken).toBeGreaterThan(0)
  expect(kv.retries).toBeGreaterThan(0)
  expect(summary.deliveries).toBe(100)
})

test('a store that answers nothing has failed every request, wherever it is not', async () => {
  const { kv, summary } = await play([{ name: 'gone', host: '::1', port: 1 }], OPEN, true)
  expect(kv.failed).toBe(100)
  expect(kv.nodes[0]?.url).toBe('http://[::1]:1')
  expect(summary.completionMs.count).toBe(0)
})

test('a closed model counts answers by kind, and wrong values among them', async () => {
  const right = await play([await serve(new Map())], { model: 'closed', connections: 2 })
  expect(right.kv).toMatchObject({ model: 'closed', failed: 0, wrong: 0, diverged: null })
  expect(right.kv.answeredPerSecond).toBeGreaterThan(0)
  const wrong = await play([await serve(new Map(), () => Buffer.from('something else'))], { model: 'closed', connections: 2 })
  expect(wrong.kv.wrong).toBeGreaterThan(0)
})

test('a closed model takes a refusal for no answer', async () => {
  const { kv, summary } = await play([await serve(new Map(), undefined, () => true)], { model: 'closed', connections: 2 })
  expect(kv.failed).toBeGreaterThan(0)
  expect(kv.unavailable).toBe(kv.failed)
  expect(kv.operations.map(({ answered }) => answered)).toEqual([0, 0, 0])
  expect(summary).toMatchObject({ deliveries: 0, messages: kv.failed, lost: kv.failed, completionMs: { count: 0 } })
})

/** Patient, since the machine may be busy; where the store never comes right, `hasty` says that there is nothing to wait for. */
async function play(nodes: readonly KvNodeAddress[], arrival: object, hasty: boolean | 'drain' = false) {
  const isHasty = hasty === true
  const scenario = kvScenarioSchema.parse({
    name: 'test',
    exercise: 'kv',
    nodes: nodes.length,
    keys: 5,
    mix: { get: 0.5, set: 0.4, delete: 0.1 },
    arrival,
    phases: [
      { name: 'hold', kind: 'hold', seconds: 1 },
      { name: 'drain', kind: 'drain', seconds: hasty === false ? 30 : 0.3 },
    ],
    tryMs: isHasty ? 300 : 15_000,
    giveUpMs: isHasty ? 300 : 30_000,
  })
  const played = await playKv({
    scenario,
    seed: 7,
    nodes,
    signal: new AbortController().signal,
    sampleServer: () => null,
    serverExit: () => null,
    inflict: async () => await Promise.resolve(null),
    onProgress: () => undefined,
  })
  return measureKvRun(played, scenario.slaMs)
}

/** A node that keeps its keys in `map`; `change` is what it makes of a value that is read. */
async function serve(map: Map<string, Buffer>, change = (value: Buffer): Buffer => value, isDown = () => false): Promise<KvNodeAddress> {
  const server = createServer((request, response) => {
    const key = request.url ?? ''
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      if (isDown()) return response.writeHead(503).end('not now')
      if (request.method === 'PUT') map.set(key, Buffer.concat(parts))
      if (request.method === 'DELETE') map.delete(key)
      if (request.method !== 'GET') return response.writeHead(204).end()
      const value = map.get(key)
      return value === undefined ? response.writeHead(404).end() : response.writeHead(200).end(change(value))
    })
  })
  servers.push(server)
  await new Promise<void>(resolve => server.listen(0, HOST, resolve))
  const address = server.address()
  return { name: `node ${servers.length}`, host: HOST, port: typeof address === 'object' && address !== null ? address.port : 0 }
}
