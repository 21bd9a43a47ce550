import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Relay, type Cut } from './relay.ts'

const HOST = '127.0.0.1'
const nowMs = (): number => performance.now()

let server: Server
let relay: Relay
let served: Socket[] = []
let dialled: Line[] = []

beforeEach(async () => {
  // Says back whatever it hears, in capitals; and keeps what it heard.
  server = createServer(socket => {
    served.push(socket)
    socket.on('error', () => undefined)
    socket.on('data', bytes => socket.write(bytes.toString().toUpperCase()))
  })
  server.listen(0, HOST)
  await once(server, 'listening')
  relay = await Relay.open({ host: HOST, target: () => ({ host: HOST, port: (server.address() as AddressInfo).port }), nowMs })
})
afterEach(async () => {
  for (const { socket } of dialled) socket.destroy()
  for (const socket of served) socket.destroy()
  dialled = []
  served = []
  await relay.close()
  server.close()
  await once(server, 'close')
})

interface Line {
  readonly socket: Socket
  heard: string
  ended: string
}

async function dial(): Promise<Line> {
  const socket = connect(relay.port, HOST)
  const line: Line = { socket, heard: '', ended: '' }
  dialled.push(line)
  socket.on('data', bytes => void (line.heard += bytes.toString()))
  socket.on('error', error => void (line.ended = 'code' in error ? String(error.code) : 'error'))
  socket.on('close', () => void (line.ended ||= 'closed'))
  await once(socket, 'connect')
  return line
}

async function until(isDone: () => boolean): Promise<void> {
  for (let tries = 0; !isDone(); tries++) {
    if (tries > 1000) throw new Error('Expected it to happen within 10 s.')
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}

async function talk(line: Line, text: string): Promise<void> {
  line.socket.write(text)
  await until(() => line.heard.endsWith(text.toUpperCase()))
}

test('passes everything on both ways, however much, and the end of it', async () => {
  const lines = await Promise.all(Array.from({ length: 20 }, dial))
  await Promise.all(lines.map((line, at) => talk(line, `hello ${at}`)))
  const [first] = lines
  if (first === undefined) return
  const much = 'x'.repeat(4_000_000)
  first.socket.end(much)
  await until(() => first.ended !== '')
  expect(first.heard.length).toBe('hello 0'.length + much.length)
  expect(first.ended).toBe('closed')
  // Its greetings and what was sent, and as much back; those whose connections have ended still count.
  const greetings = lines.reduce((sum, _, at) => sum + `hello ${at}`.length, 0)
  expect(relay.passedBytes).toBe(2 * (greetings + much.length))
})

describe('a silent cut', () => {
  test('of both ways lets nothing through, also on new connections, and resets them all when it heals', async () => {
    const before = await dial()
    await talk(before, 'before')
    relay.cut({ manner: 'silent', way: 'both' })
    before.socket.write('lost')
    const during = await dial()
    during.socket.write('lost too')
    await expectSilence(before, during)
    expect(served).toHaveLength(1)
    relay.heal()
    await until(() => before.ended !== '' && during.ended !== '')
    expect([before.ended, during.ended]).toEqual(['ECONNRESET', 'ECONNRESET'])
    expect([before.heard, during.heard]).toEqual(['BEFORE', ''])
    await talk(await dial(), 'after')
  })

  test('of the way back lets requests arrive, and no answers', async () => {
    relay.cut({ manner: 'silent', way: 'back' })
    const line = await dial()
    line.socket.write('x')
    await until(() => served[0] !== undefined && served[0].bytesRead === 1)
    await expectSilence(line)
    relay.heal()
    await until(() => line.ended === 'ECONNRESET')
    expect(line.heard).toBe('')
  })

  test('of the way there lets answers under way arrive, and no requests', async () => {
    const line = await dial()
    await talk(line, 'a')
    relay.cut({ manner: 'silent', way: 'there' })
    line.socket.write('b')
    served[0]?.write('unasked')
    await until(() => line.heard === 'Aunasked')
    expect(served[0]?.bytesRead).toBe(1)
  })

  test('holds its sender back instead of swallowing what it sends', async () => {
    const line = await dial()
    relay.cut({ manner: 'silent', way: 'both' })
    line.socket.write(Buffer.alloc(64 * 1024 * 1024))
    await expectSilence(line)
    expect(line.socket.writableLength).toBeGreaterThan(1024 * 1024)
  })
})

test('a cut with resets ends connections and refuses new ones, until it heals', async () => {
  const line = await dial()
  await talk(line, 'a')
  relay.cut({ manner: 'reset', way: 'both' })
  await until(() => line.ended === 'ECONNRESET')
  const refused = await dial().catch(() => undefined)
  await until(() => refused === undefined || refused.ended !== '')
  relay.heal()
  await talk(await dial(), 'b')
})

test('a pause holds everything back and loses nothing', async () => {
  const before = await dial()
  await talk(before, 'a')
  relay.pause()
  before.socket.write('b')
  const during = await dial()
  during.socket.write('c')
  await expectSilence(before, during)
  relay.heal()
  await until(() => before.heard === 'AB' && during.heard === 'C')
})

test('a delay keeps the order, and makes everything later by it, both ways', async () => {
  relay.delay(50)
  const line = await dial()
  const startMs = nowMs()
  for (const letter of 'abcdefgh') {
    line.socket.write(letter)
    await new Promise(resolve => setTimeout(resolve, 2))
  }
  await until(() => line.heard === 'ABCDEFGH')
  expect(nowMs() - startMs).toBeGreaterThanOrEqual(100)
  line.socket.end()
  await until(() => line.ended === 'closed')
  expect(() => relay.delay(-1)).toThrow(RangeError)
})

test.each<Cut>([
  { manner: 'silent', way: 'both' },
  { manner: 'silent', way: 'there' },
  { manner: 'silent', way: 'back' },
  { manner: 'reset', way: 'both' },
])('cut and healed again and again it leaves no connection behind: %o', async cut => {
  for (let round = 0; round < 5; round++) {
    const line = await dial()
    await talk(line, 'x')
    relay.cut(cut)
    relay.heal()
    await until(() => line.ended !== '')
  }
  await until(() => relay.links === 0)
})

test('a target that refuses connections is refused through it as well', async () => {
  const nowhere = await Relay.open({ host: HOST, target: () => ({ host: HOST, port: 1 }), nowMs })
  const socket = connect(nowhere.port, HOST)
  const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException]
  expect(error.code).toBe('ECONNRESET')
  await nowhere.close()
})

async function expectSilence(...lines: Line[]): Promise<void> {
  const heard = lines.map(line => line.heard)
  await new Promise(resolve => setTimeout(resolve, 60))
  expect(lines.map(line => line.heard)).toEqual(heard)
}
