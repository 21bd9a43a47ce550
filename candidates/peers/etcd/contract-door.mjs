// The key-value contract over HTTP, in front of a store that has an interface of its own. Nothing in here knows which.
import { createServer } from 'node:http'

const MAX_KEY_BYTES = 256
const MAX_VALUE_BYTES = 1024 * 1024
const PREFIX = '/kv/'

/** The store cannot answer now: 503. A write may or may not have taken effect. */
export class Unavailable extends Error {}

class Refused extends Error {
  constructor(status, message) {
    super(message)
    this.status = status
  }
}

/**
 * `store` has `get(key)` (a Buffer or undefined), `set(key, value)`, `delete(key)` (keys are Buffers) and `isReady()`.
 * `upgrades` maps the name of a protocol between nodes to what takes its sockets: `(socket, headers) => void`.
 */
export async function openDoor({ host, port, store, upgrades }) {
  const server = createServer((request, response) => {
    answer(request, response, store).catch(error => refuse(request, response, error))
  })
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy())
    const take = upgrades[request.headers.upgrade ?? '']
    if (take === undefined) return socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: ${request.headers.upgrade}\r\n\r\n`)
    if (head.length > 0) socket.unshift(head)
    take(socket, request.headers)
  })
  await new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, 1024, resolve)
  })
  return server
}

async function answer(request, response, store) {
  const path = request.url ?? ''
  if (path === '/health') {
    if (request.method !== 'GET') throw new Refused(405, 'Expected GET.')
    if (!(await store.isReady())) throw new Unavailable('This node does not serve yet.')
    return response.writeHead(200, { 'content-type': 'text/plain' }).end('ok\n')
  }
  if (!path.startsWith(PREFIX)) throw new Refused(404, 'Expected /kv/{key} or /health.')
  const key = keyOf(path.slice(PREFIX.length))
  switch (request.method) {
    case 'GET': {
      const value = await store.get(key)
      if (value === undefined) throw new Refused(404, 'No such key.')
      return response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': value.length }).end(value)
    }
    case 'PUT':
      await store.set(key, await bodyOf(request))
      return response.writeHead(204).end()
    case 'DELETE':
      await store.delete(key)
      return response.writeHead(204).end()
    default:
      throw new Refused(405, 'Expected GET, PUT or DELETE.')
  }
}

function keyOf(encoded) {
  if (/[/?#]/.test(encoded)) throw new Refused(400, 'Expected one percent-encoded key and nothing after it.')
  let key
  try {
    key = Buffer.from(decodeURIComponent(encoded))
  } catch {
    throw new Refused(400, 'Expected a key that is percent-encoded UTF-8.')
  }
  if (key.length === 0) throw new Refused(400, 'Expected a key of at least 1 byte.')
  if (key.length > MAX_KEY_BYTES) throw new Refused(414, `Expected a key of at most ${MAX_KEY_BYTES} bytes.`)
  return key
}

async function bodyOf(request) {
  const tooLong = new Refused(413, `Expected a value of at most ${MAX_VALUE_BYTES} bytes.`)
  if (Number(request.headers['content-length'] ?? 0) > MAX_VALUE_BYTES) throw tooLong
  const parts = []
  let bytes = 0
  for await (const part of request) {
    bytes += part.length
    if (bytes > MAX_VALUE_BYTES) throw tooLong
    parts.push(part)
  }
  return Buffer.concat(parts)
}

function refuse(request, response, error) {
  if (response.headersSent || response.destroyed) return response.destroy()
  const status = error instanceof Refused ? error.status : error instanceof Unavailable ? 503 : 500
  const headers = { 'content-type': 'text/plain', ...(request.complete ? {} : { connection: 'close' }) }
  response.writeHead(status, headers).end(`${error.message}\n`)
}
