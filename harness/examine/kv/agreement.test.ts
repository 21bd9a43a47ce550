import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { KvHistoryRecorder } from '../../record/kv-history-recorder.ts'
import { createPatience, StuckError } from '../patience.ts'
import { agree, failedAgreement, type AgreementGround } from './agreement.ts'
import { hurried } from './fake-store-fixture.ts'
import { KvNode } from './kv-node.ts'
import { KvUser } from './kv-user.ts'
import { deleteSurely, writeSurely } from './persistence.ts'
import { RoundRobin } from './round-robin.ts'

const HOST = '127.0.0.1'
const nowMs = (): number => performance.now()

/** A node that holds what the test tells it to, and refuses as long as it is told to. */
interface TestNode {
  readonly node: KvNode
  readonly server: Server
  readonly values: Map<string, string>
  refusesWith: number | null
}

let nodes: TestNode[]
let users: KvUser[]
let ground: AgreementGround

beforeEach(async () => {
  const recorder = new KvHistoryRecorder()
  ground = { recorder, nowMs, patience: createPatience(nowMs, Infinity, new AbortController().signal) }
  nodes = await Promise.all(['a', 'b'].map(async name => await listen(name)))
  users = nodes.map(({ node }) => new KvUser(node, { recorder, nowMs, name: `client of ${node.name}` }))
})
afterEach(async () => {
  for (const user of users) user.close()
  for (const { server } of nodes) {
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  }
})

test('nodes that hold the same agree, and a node that is late is waited for', async () => {
  const value = await writeSurely(ground, userOf(0), 'key', 'v')
  setTimeout(() => void nodes[1]?.values.set('key', value), 200)
  const agreement = await agree(ground, users, ['key'], { withinMs: 60_000 })
  expect(agreement).toMatchObject({ violations: new Map(), silent: [] })
  expect(failedAgreement(agreement, 'They had to agree.')).toBeNull()
})

test('a node that never gets a write fails it, with the write and the read as evidence', async () => {
  await writeSurely(ground, userOf(0), 'key', 'v')
  const finding = failedAgreement(await agree(ground, users, ['key', 'unused'], { withinMs: 0 }), 'They had to agree.')
  expect(finding).toMatchObject({
    outcome: 'fail',
    evidence: [{ kind: 'stale', occurrences: 1, lanes: ['client 0 on a', 'client 1 on b'] }],
  })
  expect(finding?.reason).toBe('They had to agree. Key "key": Node b holds absent, though "v" was acknowledged.')
})

test('time in which this process is held up is not taken from the nodes', async () => {
  await writeSurely(ground, userOf(0), 'key', 'v')
  // In 0.5 s its time would be over.
  setTimeout(() => standStill(1500), 100)
  setTimeout(() => void nodes[1]?.values.set('key', 'v'), 1850)
  expect(await agree(ground, users, ['key'], { withinMs: 0 })).toMatchObject({ violations: new Map(), silent: [] })
})

test('a node that only says 503 at the end is told as one that does not answer', async () => {
  await writeSurely(ground, userOf(0), 'key', 'v')
  nodes[1]?.values.set('key', 'v')
  for (const node of nodes) node.refusesWith = node.node.name === 'b' ? 503 : null
  const agreement = await hurried(async () => await agree(ground, users, ['key'], { withinMs: 0 }))
  expect(agreement.silent).toEqual(['b'])
  expect(failedAgreement(agreement, 'They had to agree.')?.evidence).toMatchObject([{ kind: 'stuck', lanes: ['node b'] }])
})

test('a write is tried again while it is unavailable, each time with a value of its own', async () => {
  for (const node of nodes) node.refusesWith = 503
  setTimeout(() => nodes.forEach(node => void (node.refusesWith = null)), 200)
  const written = await writeSurely(ground, userOf(0), 'key', 'v')
  expect(written).toMatch(/^v~\d+$/)
  expect(nodes[0]?.values.get('key')).toBe(written)
  const values = ground.recorder.operations.map(({ value }) => value)
  expect(new Set(values).size).toBe(values.length)
  await deleteSurely(ground, userOf(0), 'key')
  expect(nodes[0]?.values.has('key')).toBe(false)
})

test('a write that is refused for good is told at once', async () => {
  for (const node of nodes) node.refusesWith = 400
  await expect(writeSurely(ground, userOf(0), 'key', 'v')).rejects.toThrow(StuckError)
  expect(ground.recorder.operations).toHaveLength(1)
})

test('a client that goes round the nodes is served by those that are left, and knows when it was not', async () => {
  const client = new RoundRobin(ground, { users, key: 'key', name: 'x', tryMs: 1000 })
  const answered = (): number => client.requests.filter(({ answeredAtMs }) => answeredAtMs !== null).length
  const until = async (isDone: () => boolean): Promise<void> => {
    for (let looks = 0; !isDone() && looks < 1000; looks++) await ground.patience.pause(10)
    expect(isDone()).toBe(true)
  }
  await until(() => answered() > 3)
  if (nodes[0] !== undefined) nodes[0].refusesWith = 500
  const before = answered()
  await until(() => answered() > before + 3)
  expect(client.requests.some(({ tries }) => tries === 2)).toBe(true)
  for (const node of nodes) node.refusesWith = 503
  const last = (): (typeof client.requests)[number] | undefined => client.requests.at(-1)
  await until(() => (last()?.tries ?? 0) > 4)
  expect(last()).toMatchObject({ answeredAtMs: null, lastReason: expect.stringContaining('503') })
  await client.stop()
})

function standStill(ms: number): void {
  for (const endMs = nowMs() + ms; nowMs() < endMs;);
}

function userOf(place: number): KvUser {
  const user = users[place]
  if (user === undefined) throw new Error(`Expected user ${place}.`)
  return user
}

async function listen(name: string): Promise<TestNode> {
  const values = new Map<string, string>()
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const key = decodeURIComponent(request.url?.slice('/kv/'.length) ?? '')
      const { refusesWith } = testNode
      if (refusesWith !== null) return response.writeHead(refusesWith).end('not now')
      if (request.method === 'PUT') values.set(key, Buffer.concat(parts).toString())
      if (request.method === 'DELETE') values.delete(key)
      if (request.method !== 'GET') return response.writeHead(204).end()
      const value = values.get(key)
      return response.writeHead(value === undefined ? 404 : 200).end(value)
    })
  })
  server.listen(0, HOST)
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const start = async (): Promise<never> => await Promise.reject(new Error('Expected nobody to start it.'))
  const node = new KvNode({ ...ground, name, host: HOST, port, dataFolder: '', readyMs: 0, start })
  const testNode: TestNode = { node, server, values, refusesWith: null }
  return testNode
}
