// The chat contract as most people would write it first: for each receiver, one JSON.stringify and one send.
import { createRequire } from 'node:module'

// Through require, so that NODE_PATH may say where the package is when this folder runs alone.
const { WebSocketServer } = createRequire(import.meta.url)('ws')
const BACKLOG_LIMIT_BYTES = 16 * 1024 * 1024

const channels = new Map()
const server = new WebSocketServer({
  host: process.env.HOST ?? '127.0.0.1',
  port: Number(process.env.PORT ?? 7000),
  backlog: 4096,
  perMessageDeflate: false,
  maxPayload: 2 * 1024 * 1024,
})

server.on('listening', () => console.log('listening'))
server.on('connection', peer => {
  peer.joined = new Set()
  peer.on('error', () => peer.terminate())
  peer.on('close', () => leaveAll(peer))
  peer.on('message', data => {
    let request
    try {
      request = JSON.parse(data)
    } catch {
      return reply(peer, { type: 'error', message: 'Expected JSON' })
    }
    if (request?.type === 'join') join(peer, request)
    if (request?.type === 'send') send(peer, request)
  })
})
process.on('SIGTERM', () => process.exit(0))

function join(peer, { id, channels: names }) {
  if (!Array.isArray(names) || !names.every(name => typeof name === 'string')) {
    return reply(peer, { type: 'error', message: 'Expected channels to be a list of names', id })
  }
  for (const name of names) {
    if (!channels.has(name)) channels.set(name, new Set())
    channels.get(name).add(peer)
    peer.joined.add(name)
  }
  reply(peer, { type: 'joined', id })
}

function send(peer, { id, channel, body }) {
  if (typeof channel !== 'string' || typeof body !== 'string') {
    return reply(peer, { type: 'error', message: 'Expected channel and body to be text', id })
  }
  for (const member of channels.get(channel) ?? []) reply(member, { type: 'message', channel, body })
}

function reply(peer, object) {
  if (peer.readyState !== peer.OPEN) return
  if (peer.bufferedAmount > BACKLOG_LIMIT_BYTES) return peer.terminate()
  peer.send(JSON.stringify(object))
}

function leaveAll(peer) {
  for (const name of peer.joined) {
    const members = channels.get(name)
    members.delete(peer)
    if (members.size === 0) channels.delete(name)
  }
}
