import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { KvClient } from './kv-client.ts'
import { openRelay, type Relay } from './relay-fixture.ts'

/** These tests kill nodes, so nodes are processes of their own, started from what `npm run build` made. */
const MAIN = fileURLToPath(new URL('../../dist/reference/kv/main.js', import.meta.url))
const HOST = '127.0.0.1'
const WAIT = { timeout: 15_000, interval: 20 }

class TestNode {
  readonly name: string
  readonly port: number
  peers: readonly string[] = []
  peersFile: string | undefined
  #process: ChildProcess | undefined

  constructor(name: string, port: number) {
    this.name = name
    this.port = port
  }

  /** How others name it, or the relay that leads to it. */
  at(port = this.port): string {
    return `${this.name}=${HOST}:${port}`
  }

  async start(): Promise<void> {
    const env = { ...process.env, NODE: this.name, HOST, PORT: `${this.port}`, PEERS: this.peers.join(), DATA_DIR: join(folder, this.name) }
    const args = this.peersFile === undefined ? [] : ['--peers-file', this.peersFile]
    this.#process = spawn(process.execPath, [MAIN, ...args], { env, stdio: 'ignore' })
    await vi.waitUntil(async () => (await this.#status('/health')) === 200, WAIT)
  }

  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    const child = this.#process
    this.#process = undefined
    if (child === undefined) return null
    child.kill(signal)
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    return child.exitCode
  }

  async get(key: string): Promise<string | undefined> {
    return await this.#use(async client => (await client.get(key))?.toString())
  }

  async set(key: string, value: string): Promise<void> {
    await this.#use(client => client.set(key, value))
  }

  async delete(key: string): Promise<void> {
    await this.#use(client => client.delete(key))
  }

  /** Waits until the key has that value here; undefined: until it is absent. */
  async shows(key: string, value: string | undefined): Promise<void> {
    await vi.waitFor(async () => expect(await this.get(key)).toBe(value), WAIT)
  }

  async #use<Result>(action: (client: KvClient) => Promise<Result>): Promise<Result> {
    const client = new KvClient({ nodes: [`${HOST}:${this.port}`], tryMs: 5_000, giveUpMs: 15_000 })
    return await action(client).finally(() => client.close())
  }

  async #status(path: string): Promise<number> {
    return await fetch(`http://${HOST}:${this.port}${path}`).then(
      response => response.status,
      () => 0,
    )
  }
}

let folder = ''
let nodes: TestNode[] = []
let relays: Relay[] = []

beforeAll(() => {
  if (!existsSync(MAIN)) throw new Error(`Expected ${MAIN} to be there, got nothing. Run \`npm run build\` first.`)
})
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kv-cluster-'))
})
afterEach(async () => {
  await Promise.all(nodes.map(node => node.end('SIGKILL')))
  await Promise.all(relays.map(relay => relay.close()))
  nodes = []
  relays = []
  await rm(folder, { recursive: true, force: true })
})

test('a node that was killed comes back with what it had, takes what it missed, and brings nothing back to life', async () => {
  const [a, b, c] = await startCluster('a', 'b', 'c')
  await a.set('kept', 'old')
  await a.set('changed', 'old')
  await a.set('deleted', 'old')
  await Promise.all([b, c].map(node => node.shows('deleted', 'old')))
  await c.end('SIGKILL')
  await b.set('changed', 'new')
  await a.delete('deleted')
  await b.set('added', 'new')
  await c.start()
  for (const node of [a, b, c]) {
    await node.shows('changed', 'new')
    await node.shows('deleted', undefined)
    await node.shows('added', 'new')
    await node.shows('kept', 'old')
  }
})

test('alone, a node that was stopped serves all it had', async () => {
  const [a, b] = await startCluster('a', 'b')
  await b.end('SIGTERM')
  await a.set('x', '1')
  await a.set('y', '2')
  await a.delete('y')
  expect(await a.end('SIGTERM')).toBe(0)
  await a.start()
  expect([await a.get('x'), await a.get('y')]).toEqual(['1', undefined])
})

test('whatever was acknowledged more than 1.5 s before a kill is there afterwards, again and again', async () => {
  const [a] = await startCluster('a')
  for (let round = 0; round < 3; round++) {
    for (let at = 0; at < 50; at++) await a.set(`${round}/${at}`, `value\n${round}`)
    await a.delete(`${round}/0`)
    await new Promise(resolve => setTimeout(resolve, 1_500))
    // These may or may not be there; the file must be readable all the same.
    const late = Promise.allSettled(
      Array.from({ length: 20 }, (_, at) => fetch(`http://${HOST}:${a.port}/kv/late${at}`, { method: 'PUT', body: 'x' })),
    )
    await a.end('SIGKILL')
    await late
    await a.start()
    expect(await a.get(`${round}/0`)).toBeUndefined()
    expect(await Promise.all([1, 25, 49].map(at => a.get(`${round}/${at}`)))).toEqual(Array.from({ length: 3 }, () => `value\n${round}`))
  }
})

test('nodes that are cut off from each other go on, and agree on the later write when the cut heals', async () => {
  const [a, b] = await freeNodes('a', 'b')
  const toB = await relayTo(b)
  const toA = await relayTo(a)
  a.peers = [b.at(toB.port)]
  b.peers = [a.at(toA.port)]
  await Promise.all([a.start(), b.start()])
  await a.set('both', 'before')
  await b.shows('both', 'before')
  for (const relay of [toA, toB]) relay.cut()
  await a.set('both', 'from a')
  await new Promise(resolve => setTimeout(resolve, 100))
  await b.set('both', 'from b, later')
  await a.set('only a', '1')
  await b.delete('never was')
  expect(await a.get('both')).toBe('from a')
  for (const relay of [toA, toB]) relay.heal()
  for (const node of [a, b]) {
    await node.shows('both', 'from b, later')
    await node.shows('only a', '1')
  }
})

test('an empty node that no one knows of takes everything while writes go on, and what is written to it reaches the others', async () => {
  const [a, b] = await startCluster('a', 'b')
  for (let at = 0; at < 300; at++) await a.set(`key ${at}`, `${at}`)
  const [joiner] = await freeNodes('j')
  joiner.peers = [a.at(), b.at()]
  const joined = new AbortController()
  const writing = (async () => {
    let writes = 0
    for (; !joined.signal.aborted; writes++) await a.set(`meanwhile ${writes}`, `${writes}`)
    return writes
  })()
  await joiner.start()
  joined.abort()
  // What was there before it started is there as soon as it serves.
  for (const at of [0, 150, 299]) expect(await joiner.get(`key ${at}`)).toBe(`${at}`)
  const writes = await writing
  for (const at of [0, writes - 1]) await joiner.shows(`meanwhile ${at}`, `${at}`)
  await joiner.set('from the joiner', 'x')
  for (const node of [a, b]) await node.shows('from the joiner', 'x')
})

test('peers may be named in a file, one a line, the node itself among them', async () => {
  const created = await freeNodes('a', 'b', 'c')
  const file = join(folder, 'peers.txt')
  await writeFile(file, `${created.map(node => node.at()).join('\n')}\n`)
  for (const node of created) node.peersFile = file
  nodes.push(...created)
  await Promise.all(created.map(node => node.start()))
  const [a, b, c] = created
  await a.set('x', '1')
  await b.shows('x', '1')
  await c.shows('x', '1')
})

test.each([
  ['is not there', undefined, /^kv: Expected --peers-file to be a file with peers as name=host:port, one a line, got .*peers\.txt: ENOENT/],
  ['names no peer', 'somewhere', /^kv: Expected a peer as name=host:port, got "somewhere"/],
])('a file of peers that %s is misuse', async (_, text, message) => {
  const file = join(folder, 'peers.txt')
  if (text !== undefined) await writeFile(file, text)
  const { status, stderr } = spawnSync(process.execPath, [MAIN, '--port', '0', '--data-dir', join(folder, 'a'), '--peers-file', file])
  expect(String(stderr)).toMatch(message)
  expect(status).toBe(64)
})

async function startCluster(...names: string[]): Promise<[TestNode, TestNode, TestNode]> {
  const started = await freeNodes(...names)
  // As the contract allows, each node's list names the node itself too.
  for (const node of started) node.peers = nodes.map(peer => peer.at())
  await Promise.all(nodes.map(node => node.start()))
  return started
}

/** Nodes that are not started yet. The type says three, so that tests can take as many as they named. */
async function freeNodes(...names: string[]): Promise<[TestNode, TestNode, TestNode]> {
  const created = await Promise.all(names.map(async name => new TestNode(name, await freePort())))
  nodes.push(...created)
  return created as [TestNode, TestNode, TestNode]
}

async function relayTo(node: TestNode): Promise<Relay> {
  const relay = await openRelay(() => ({ host: HOST, port: node.port }))
  relays.push(relay)
  return relay
}

/** A port that was free a moment ago: a node that is killed and started again must keep its own. */
async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, HOST)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
