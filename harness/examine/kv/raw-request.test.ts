import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { sendRaw, type RawPieces } from './raw-request.ts'

const HOST = '127.0.0.1'
const MOST_BYTES = 64 * 1024 * 1024
const terms = { waitMs: 200, maxBytes: MOST_BYTES }

let server: Server
let sockets: Socket[]
let serve: (socket: Socket) => void

beforeEach(async () => {
  sockets = []
  server = createServer({ pauseOnConnect: true }, socket => {
    sockets.push(socket)
    socket.on('error', () => undefined)
    serve(socket)
  })
  server.listen(0, HOST)
  await once(server, 'listening')
})
afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  server.close()
  await once(server, 'close')
})

const address = (): { host: string; port: number } => ({ host: HOST, port: (server.address() as AddressInfo).port })

function* endless(): RawPieces {
  for (;;) yield Buffer.alloc(64 * 1024, 'v')
}

test('a server that stops reading and says nothing is given up after one wait, however much was to be sent', async () => {
  serve = () => undefined
  const startMs = performance.now()
  const answer = await sendRaw(address(), endless(), terms)
  expect(answer).toMatchObject({ statuses: [], isClosed: false })
  expect(answer.sentBytes).toBeLessThan(MOST_BYTES)
  expect(performance.now() - startMs).toBeLessThan(3000)
})

test('an answer ends the sending, and so does a close', async () => {
  serve = socket => {
    socket.resume()
    socket.write('HTTP/1.1 413 Content Too Large\r\n\r\n')
  }
  const refused = await sendRaw(address(), endless(), terms)
  expect(refused.statuses).toEqual([413])
  expect(refused.sentBytes).toBeLessThan(MOST_BYTES)
  serve = socket => socket.resetAndDestroy()
  expect(await sendRaw(address(), endless(), terms)).toMatchObject({ statuses: [], isClosed: true })
})

test('all that is sent is waited for, and bytes that are no answer are told apart from silence', async () => {
  serve = socket => {
    socket.resume()
    socket.on('data', () => socket.write('what?'))
  }
  expect((await sendRaw(address(), ['GET /', ' HTTP/1.1\r\n\r\n'], terms)).statuses).toEqual([0])
})
