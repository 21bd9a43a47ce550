/** Starts the chat server on HOST and PORT: TCP lines, or WebSockets with `ws` as the argument. */
import { ChatServer } from './chat-server.ts'
import { listenTcp } from './tcp-door.ts'

const host = process.env.HOST ?? '127.0.0.1'
const port = Number(process.env.PORT ?? 4000)

if (process.argv[2] === 'ws') {
  const { listenWebSocket } = await import('./ws-door.ts')
  listenWebSocket(new ChatServer(), host, port)
} else {
  listenTcp(new ChatServer(), host, port)
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(0))
