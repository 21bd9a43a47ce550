/** Clients that speak lines over TCP. */
import { createServer, type Socket } from 'node:net'
import type { ChatServer } from './chat-server.ts'
import { Connection } from './connection.ts'
import { LineSplitter } from './line-splitter.ts'
import { Requests } from './requests.ts'

const BACKLOG = 4096

export function listenTcp(chat: ChatServer, host: string, port: number): void {
  const server = createServer({ noDelay: true }, (socket) => serve(chat, socket))
  server.on('listening', () => console.log(`listening on tcp://${host}:${port}`))
  server.on('error', (problem) => {
    // Without descriptors for new clients, those that we have are served on.
    console.error(problem.message)
    if (!server.listening) process.exit(1)
  })
  server.listen({ host, port, backlog: BACKLOG })
}

function serve(chat: ChatServer, socket: Socket): void {
  const conn = new Connection({
    write: (text) => socket.write(text + '\n'),
    unsentBytes: () => socket.writableLength,
    destroy: () => socket.destroy(),
  })
  const requests = new Requests(chat, conn, { pause: () => socket.pause(), resume: () => socket.resume() })
  const splitter = new LineSplitter()
  socket.on('data', (data) => {
    try {
      for (const line of splitter.feed(data)) requests.take(line)
    } catch {
      conn.reply({ type: 'error', message: 'Expected lines of at most 1 MiB' })
      conn.close()
    }
  })
  socket.on('drain', () => {
    conn.wakeWaiting()
    requests.goOn()
  })
  socket.on('end', () => conn.close())
  socket.on('error', () => conn.close())
  socket.on('close', () => {
    conn.markClosed()
    void requests.end()
  })
}
