/** Connects and joins idle users, the load engine's own, and prints what they weigh in this process. Environment: PORT, USERS, NETWORK (third byte of their addresses). */
import { ChatSocket } from '../wire/chat-socket.ts'
import { joinText } from '../wire/chat-encoder.ts'
import { createReadArea } from '../wire/read-area.ts'

const port = Number(process.env['PORT'])
const users = Number(process.env['USERS'])
const network = Number(process.env['NETWORK'])
const MAX_CONNECTING = 128
const USERS_PER_ADDRESS = 10_000

const area = createReadArea(64 * 1024)
area.storage.fill(1)
const sockets: ChatSocket[] = []
let joined = 0
let started = 0

globalThis.gc?.()
const before = process.memoryUsage().rss
fill()

function fill(): void {
  while (started < users && started - joined < MAX_CONNECTING) connect(started++)
}

function connect(user: number): void {
  const address = `127.0.${network}.${1 + Math.floor(user / USERS_PER_ADDRESS)}`
  const socket: ChatSocket = new ChatSocket(
    { transport: 'ws', host: '127.0.0.1', port },
    area,
    {
      opened: () => socket.send(joinText(1, [`c${user % 1000}`])),
      bytesRead: () => undefined,
      known: (_bytes, start) => start,
      message: () => {
        joined++
        if (joined === users) setTimeout(finish, 1500)
        else fill()
      },
      garbled: () => undefined,
      closed: ({ error, code, reason }) => {
        process.stderr.write(`User ${user} of ${users} was closed: ${error || `${code} ${reason}`}\n`)
        process.exit(1)
      },
    },
    address,
  )
  sockets.push(socket)
}

function finish(): void {
  globalThis.gc?.()
  process.stdout.write(`${JSON.stringify({ users, bytes: process.memoryUsage().rss - before })}\n`)
  process.stdin.once('data', () => process.exit(0))
}
