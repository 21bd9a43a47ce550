import { createServer, type RequestListener, type Server } from 'node:http'
import { once } from 'node:events'
import { afterEach, expect, test } from 'vitest'
import { KvClient, type KvClientOptions, keyPath, wholeKeyPath } from './kv-client.ts'

const opened: { close(): void }[] = []
afterEach(() => opened.splice(0).forEach(one => one.close()))

test('any key and any bytes go there and back exactly', async () => {
  const stored = new Map<string, Buffer>()
  const client = await clientOf((request, response) => {
    const key = request.url ?? ''
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      if (request.method === 'PUT') stored.set(key, Buffer.concat(parts))
      const value = stored.get(key)
      if (request.method === 'PUT') response.writeHead(204).end()
      else response.writeHead(value === undefined ? 404 : 200).end(value)
    })
  })
  const value = Buffer.from(Array.from({ length: 70_000 }, (_, at) => at % 256))
  expect(await client.get('a/b %\n\0é')).toMatchObject({ outcome: 'absent', status: 404 })
  expect(await client.put('a/b %\n\0é', value)).toMatchObject({ outcome: 'ok', status: 204 })
  expect([...stored.keys()]).toEqual(['/kv/a%2Fb%20%25%0A%00%C3%A9'])
  const read = await client.get('a/b %\n\0é')
  expect(read.outcome).toBe('ok')
  expect(read.body.equals(value)).toBe(true)
})

test('a key can be written in a path in more ways than one', async () => {
  const asked: string[] = []
  const listener: RequestListener = (request, response) => {
    asked.push(request.url ?? '')
    response.writeHead(204).end()
  }
  const client = await clientOf(listener, { pathOf: wholeKeyPath })
  await client.put('a/~é', Buffer.alloc(0))
  await client.delete('a/~é')
  expect(asked).toEqual(['/kv/%61%2f%7e%c3%a9', '/kv/%61%2f%7e%c3%a9'])
  expect(decodeURIComponent(asked[0] ?? '')).toBe(decodeURIComponent(keyPath('a/~é')))
})

test.each([
  ['GET', 200, 'ok'],
  ['GET', 404, 'absent'],
  ['GET', 204, 'refused'],
  ['PUT', 201, 'ok'],
  ['PUT', 404, 'refused'],
  ['PUT', 413, 'refused'],
  ['DELETE', 503, 'unavailable'],
  ['DELETE', 500, 'pending'],
  ['GET', 507, 'pending'],
] as const)('%s answered with %i is %s', async (method, status, outcome) => {
  const client = await clientOf((_, response) => response.writeHead(status).end('because'.repeat(status === 204 ? 0 : 1)))
  expect((await client.ask(method, '/kv/key')).outcome).toBe(outcome)
})

test.each<[string, RequestListener, RegExp]>([
  ['silence', () => undefined, /no answer within 100 ms/],
  ['a reset', request => request.socket.resetAndDestroy(), /ECONNRESET/],
  [
    'a value that breaks off',
    (_, response) => response.writeHead(200, { 'content-length': 100 }).end('half', () => response.destroy()),
    /./,
  ],
])('%s is pending, with its reason', async (_, listener, reason) => {
  const client = await clientOf(listener)
  const answer = await client.get('key', 100)
  expect(answer).toMatchObject({ outcome: 'pending', status: 0 })
  expect(answer.reason).toMatch(reason)
})

test('a server that is not there is pending too', async () => {
  const server = await listening(() => undefined)
  const port = portOf(server)
  server.close()
  await once(server, 'close')
  const client = new KvClient({ host: '127.0.0.1', port })
  expect(await client.delete('key')).toMatchObject({ outcome: 'pending', reason: 'ECONNREFUSED' })
})

async function clientOf(listener: RequestListener, options: Pick<KvClientOptions, 'pathOf'> = {}): Promise<KvClient> {
  const server = await listening(listener)
  const client = new KvClient({ ...options, host: '127.0.0.1', port: portOf(server) })
  opened.push({ close: () => (client.close(), server.closeAllConnections(), server.close()) })
  return client
}

async function listening(listener: RequestListener): Promise<Server> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('Expected a port.')
  return address.port
}
