/** Clients that speak WebSocket; every text message is what a line is over TCP. */
import type { Socket } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import type { ChatServer } from './chat-server.ts'
import { Connection } from './connection.ts'
import { MAX_LINE_BYTES } from './line-splitter.ts'
import { Requests } from './requests.ts'

const BACKLOG = 4096

export function listenWebSocket(chat: ChatServer, host: string, port: number): void {
  const server = new WebSocketServer({ host, port, backlog: BACKLOG, maxPayload: MAX_LINE_BYTES, perMessageDeflate: false })
  server.on('listening', () => console.log(`listening on ws://${host}:${port}`))
  server.on('error', (problem) => {
    // Without descriptors for new clients, those that we have are served on.
    console.error(problem.message)
    if (server.address() === null) process.exit(1)
  })
  server.on('connection', (webSocket, request) => serve(chat, webSocket, request.socket))
}

function serve(chat: ChatServer, webSocket: WebSocket, socket: Socket): void {
  const conn = new Connection({
    write: (text) => webSocket.send(text),
    unsentBytes: () => webSocket.bufferedAmount,
    destroy: () => webSocket.terminate(),
  })
  const requests = new Requests(chat, conn, { pause: () => webSocket.pause(), resume: () => webSocket.resume() })
  webSocket.on('message', (data, isBinary) => requests.take(isBinary ? undefined : data.toString()))
  socket.on('drain', () => {
    conn.wakeWaiting()
    requests.goOn()
  })
  webSocket.on('error', () => conn.markClosed())
  webSocket.on('close', () => {
    conn.markClosed()
    void requests.end()
  })
}
