import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { KvHistoryRecorder } from '../../record/kv-history-recorder.ts'
import { FaultyNetwork, type Isolation } from './faults-network.ts'

const HOST = '127.0.0.1'
const SILENCE_MS = 150
const [A, B, C] = [{ name: 'a' }, { name: 'b' }, { name: 'c' }]
const NODES = [A, B, C]

interface TestNode {
  readonly server: Server
  /** What each of the others has said to it. */
  readonly heard: Set<string>
}

let network: FaultyNetwork
let recorder: KvHistoryRecorder
let nodes: Map<string, TestNode>
let sockets: Socket[]

beforeEach(async () => {
  recorder = new KvHistoryRecorder()
  network = new FaultyNetwork({ recorder, nowMs: () => performance.now() })
  nodes = new Map()
  sockets = []
  for (const { name } of NODES) {
    const heard = new Set<string>()
    const server = createServer(socket => {
      sockets.push(socket)
      socket.on('error', () => undefined)
      socket.on('data', bytes => {
        heard.add(bytes.toString())
        socket.write(name)
      })
    })
    server.listen(0, HOST)
    await once(server, 'listening')
    nodes.set(name, { server, heard })
  }
})
afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  await network.close()
  for (const { server } of nodes.values()) {
    server.close()
    await once(server, 'close')
  }
})

/** Waits for what is expected, and then a moment for anything else. `a>b`: what a says on a connection of its own is heard by b; `a<b`: and b's answer by a. */
async function passing(expected: readonly string[]): Promise<string[]> {
  for (const { heard } of nodes.values()) heard.clear()
  const answered = new Set<string>()
  const pairs = NODES.flatMap(from => NODES.filter(to => to !== from).map(to => ({ from, to })))
  for (const { from, to } of pairs) {
    const peer = await network.route(from, to, { host: HOST, port: portOf(to.name) })
    const socket = connect(peer.port, peer.host)
    sockets.push(socket)
    socket.on('error', () => undefined)
    socket.on('data', () => answered.add(`${from.name}<${to.name}`))
    socket.write(from.name)
  }
  const seen = (): string[] => {
    const heard = pairs.filter(({ from, to }) => nodes.get(to.name)?.heard.has(from.name)).map(({ from, to }) => `${from.name}>${to.name}`)
    return [...heard, ...answered].sort()
  }
  for (let looks = 0; looks < 1000 && expected.some(one => !seen().includes(one)); looks++)
    await new Promise(resolve => setTimeout(resolve, 10))
  await new Promise(resolve => setTimeout(resolve, SILENCE_MS))
  return seen()
}

const ALL = ['a<b', 'a<c', 'a>b', 'a>c', 'b<a', 'b<c', 'b>a', 'b>c', 'c<a', 'c<b', 'c>a', 'c>b']

test('a whole network passes everything, before a cut and after it has healed', async () => {
  expect(await passing(ALL)).toEqual(ALL)
  network.isolate(A, { manner: 'silent', lost: 'all' })
  network.heal()
  expect(await passing(ALL)).toEqual(ALL)
  expect(recorder.events.map(({ kind, node }) => [kind, node])).toEqual([
    ['cut', 'a'],
    ['healed', null],
  ])
})

test.each<[string, Isolation, string[]]>([
  ['silently, both ways', { manner: 'silent', lost: 'all' }, ['b<c', 'b>c', 'c<b', 'c>b']],
  ['with resets', { manner: 'reset', lost: 'all' }, ['b<c', 'b>c', 'c<b', 'c>b']],
  [
    'from being heard: others still speak to it, and hear no answer',
    { manner: 'silent', lost: 'out' },
    ['b<c', 'b>a', 'b>c', 'c<b', 'c>a', 'c>b'],
  ],
  [
    'from hearing: it still speaks to others, and hears no answer',
    { manner: 'silent', lost: 'in' },
    ['a>b', 'a>c', 'b<c', 'b>c', 'c<b', 'c>b'],
  ],
  ['where it dials', { manner: 'reset', lost: 'out' }, ALL.filter(one => !one.startsWith('a'))],
  ['where it is dialled', { manner: 'reset', lost: 'in' }, ALL.filter(one => !/^[bc].a/.test(one))],
])('a node is cut off %s', async (_, isolation, expected) => {
  await passing(ALL)
  network.isolate(A, isolation)
  expect(await passing(expected)).toEqual(expected)
})

test('what a node dials is held back, also where it dials for the first time, and comes once it is healed', async () => {
  network.holdDialled(A)
  const others = ALL.filter(one => !one.startsWith('a'))
  expect(await passing(others)).toEqual(others)
  network.heal()
  expect(await passing(ALL)).toEqual(ALL)
})

function portOf(name: string): number {
  const address = nodes.get(name)?.server.address()
  if (typeof address !== 'object' || address === null) throw new Error(`Expected ${name} to listen.`)
  return address.port
}
