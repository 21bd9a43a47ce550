/**
 * A server that only broadcasts: takes joins, then sends every message of a plan to every connection, a set number of frames a write, as
 * fast as the connections take them or at a set rate. It makes each write's bytes once, so it is cheaper than any receiver of them.
 *
 * Environment: PORT, CONNECTIONS, MESSAGES, FRAMES (a write), RATE (writes a second to each connection; 0: as fast as they go).
 */
import { createServer } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { broadcastPlan, channelName } from './broadcast-plan.ts'
import { writeBody } from '../wire/payload.ts'

const port = Number(process.env['PORT'])
const connections = Number(process.env['CONNECTIONS'])
const messages = Number(process.env['MESSAGES'])
const framesPerWrite = Number(process.env['FRAMES'])
const ratePerSecond = Number(process.env['RATE'] ?? '0')

const sockets: Duplex[] = []
const http = createServer()
const door = new WebSocketServer({ noServer: true, perMessageDeflate: false })
http.on('upgrade', (request, socket, head) => {
  door.handleUpgrade(request, socket, head, client => {
    client.on('message', () => {
      client.send('{"type":"joined","id":1}')
      sockets.push(socket)
      if (sockets.length === connections) setTimeout(() => void broadcast(), 500)
    })
    client.on('error', () => client.terminate())
    client.on('close', () => process.exit(0))
  })
})
http.listen(port, '127.0.0.1')

async function broadcast(): Promise<void> {
  const batches = makeBatches()
  const start = performance.now()
  for (const [index, batch] of batches.entries()) {
    if (ratePerSecond > 0) await until(start + (index * 1000) / ratePerSecond)
    let isFull = false
    for (const socket of sockets) if (!socket.write(batch)) isFull = true
    if (isFull) await Promise.all(sockets.filter(socket => socket.writableNeedDrain).map(drained))
    else if (index % 8 === 0) await new Promise(resolve => setImmediate(resolve))
  }
}

function makeBatches(): Buffer[] {
  const plan = broadcastPlan(messages)
  const batches: Buffer[] = []
  for (let first = 0; first < messages; first += framesPerWrite) {
    const frames: Buffer[] = []
    for (let i = first; i < Math.min(messages, first + framesPerWrite); i++)
      frames.push(frameOf(plan.messages.sequence[i] ?? 0, plan.messages.bodyBytes[i] ?? 0))
    batches.push(Buffer.concat(frames))
  }
  return batches
}

function frameOf(sequence: number, bodyBytes: number): Buffer {
  const body = Buffer.alloc(bodyBytes)
  writeBody(body, 0, { channel: 0, sequence, sender: 0, dueUs: sequence }, bodyBytes, 'ascii')
  const text = Buffer.from(`{"type":"message","channel":"${channelName}","body":"${body.toString('latin1')}"}`)
  const header = text.length < 126 ? Buffer.from([0x81, text.length]) : Buffer.from([0x81, 126, text.length >>> 8, text.length & 255])
  return Buffer.concat([header, text])
}

function drained(socket: Duplex): Promise<void> {
  return new Promise(resolve => socket.once('drain', () => resolve()))
}

async function until(atMs: number): Promise<void> {
  while (performance.now() < atMs) await new Promise(resolve => setTimeout(resolve, Math.max(0, atMs - performance.now() - 0.5)))
}
