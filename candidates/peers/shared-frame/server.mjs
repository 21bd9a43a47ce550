// One step better than the naive server: a message becomes one frame, and each receiver's socket is given the same bytes.
import { createServer } from 'node:http'
import { createRequire } from 'node:module'

// Through require, so that NODE_PATH may say where the package is when this folder runs alone.
const { WebSocketServer } = createRequire(import.meta.url)('ws')
const BACKLOG_LIMIT_BYTES = 16 * 1024 * 1024

const channels = new Map()
const server = createServer((_, response) => response.writeHead(426).end())
const upgrades = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: 2 * 1024 * 1024 })
server.on('upgrade', (request, socket, head) => upgrades.handleUpgrade(request, socket, head, peer => welcome(peer, socket)))
server.listen({ host: process.env.HOST ?? '127.0.0.1', port: Number(process.env.PORT ?? 7000), backlog: 4096 }, () =>
  console.log('listening'),
)
process.on('SIGTERM', () => process.exit(0))

function welcome(peer, socket) {
  const member = { peer, socket, joined: new Set() }
  peer.on('error', () => peer.terminate())
  peer.on('close', () => leaveAll(member))
  peer.on('message', data => {
    let request
    try {
      request = JSON.parse(data)
    } catch {
      return write(member, frame({ type: 'error', message: 'Expected JSON' }))
    }
    if (request?.type === 'join') join(member, request)
    if (request?.type === 'send') send(member, request)
  })
}

function join(member, { id, channels: names }) {
  if (!Array.isArray(names) || !names.every(name => typeof name === 'string')) {
    return write(member, frame({ type: 'error', message: 'Expected channels to be a list of names', id }))
  }
  for (const name of names) {
    if (!channels.has(name)) channels.set(name, new Set())
    channels.get(name).add(member)
    member.joined.add(name)
  }
  write(member, frame({ type: 'joined', id }))
}

function send(member, { id, channel, body }) {
  if (typeof channel !== 'string' || typeof body !== 'string') {
    return write(member, frame({ type: 'error', message: 'Expected channel and body to be text', id }))
  }
  const members = channels.get(channel)
  if (!members) return
  const bytes = frame({ type: 'message', channel, body })
  for (const receiver of members) write(receiver, bytes)
}

function write({ peer, socket }, bytes) {
  // A close frame is the last thing that may be written, so nothing follows once closing has begun.
  if (peer.readyState !== peer.OPEN || !socket.writable) return
  if (socket.writableLength > BACKLOG_LIMIT_BYTES) peer.terminate()
  else socket.write(bytes)
}

/** One unmasked text frame (RFC 6455, section 5.2). */
function frame(object) {
  const text = JSON.stringify(object)
  const length = Buffer.byteLength(text)
  const headerLength = length < 126 ? 2 : length < 65536 ? 4 : 10
  const bytes = Buffer.allocUnsafe(headerLength + length)
  bytes[0] = 0x81
  bytes[1] = headerLength === 2 ? length : headerLength === 4 ? 126 : 127
  if (headerLength === 4) bytes.writeUInt16BE(length, 2)
  if (headerLength === 10) bytes.writeBigUInt64BE(BigInt(length), 2)
  bytes.write(text, headerLength)
  return bytes
}

function leaveAll(member) {
  for (const name of member.joined) {
    const members = channels.get(name)
    members.delete(member)
    if (members.size === 0) channels.delete(name)
  }
}
