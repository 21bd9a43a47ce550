/**
 * A receiver under test: connects, joins, takes everything that the source sends, and prints what it counted and what it cost.
 * `KIND=assay` is the load engine's own receiving side with full accounting, `ws` a plain `ws` client with JSON.parse and a histogram,
 * `frames` the engine's sockets and framing without looking at the messages (what accounting adds is the difference).
 */
import type { Buffer } from 'node:buffer'
import { WebSocket } from 'ws'
import { createLatencyHistogram, recordLatency } from '../record/latency-histogram.ts'
import { joinText } from '../wire/chat-encoder.ts'
import { ChatSocket, type ChatSocketSink } from '../wire/chat-socket.ts'
import { createReadArea } from '../wire/read-area.ts'
import { GeneratorWatch } from '../load/generator-watch.ts'
import { Intake, type Reader } from '../load/intake.ts'
import { balanceOf, Ledger, sendsByChannel } from '../load/ledger.ts'
import { createLocalMemberships } from '../load/memberships.ts'
import { GrowingMessageTable } from '../load/message-table.ts'
import { createScheduleTime } from '../load/schedule-time.ts'
import { broadcastPlan, channelName } from './broadcast-plan.ts'

const kind = process.env['KIND'] ?? 'assay'
const port = Number(process.env['PORT'])
const connections = Number(process.env['CONNECTIONS'])
const messages = Number(process.env['MESSAGES'])
const expected = connections * messages
const QUIET_LIMIT_MS = 60_000

const WARM_UP_SHARE = 0.5
let received = 0
let reads = 0
let receivedAtStart = 0
let readsAtStart = 0
let startMs = 0
let startCpu = process.cpuUsage()

const giveUp = setTimeout(() => finish(() => 'it took longer than 60 s'), QUIET_LIMIT_MS)

switch (kind) {
  case 'ws':
    receiveWithWs()
    break
  case 'frames':
    receiveFrames()
    break
  default:
    receiveWithAccounting()
}

function receiveWithWs(): void {
  const latency = createLatencyHistogram()
  for (let i = 0; i < connections; i++) {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { perMessageDeflate: false })
    socket.on('open', () => socket.send(joinText(1, [channelName])))
    socket.on('message', data => {
      const message = JSON.parse((data as Buffer).toString()) as { type: string; body: string }
      if (message.type !== 'message') return
      recordLatency(latency, performance.now() - Number.parseInt(message.body.slice(14, 18), 36))
      count(1)
      if (received === expected) finish(() => '')
    })
  }
}

function receiveFrames(): void {
  const area = createReadArea(256 * 1024)
  for (let i = 0; i < connections; i++) {
    const socket: ChatSocket = new ChatSocket({ transport: 'ws', host: '127.0.0.1', port }, area, {
      ...idleSink(),
      opened: () => socket.send(joinText(1, [channelName])),
      message: (_bytes, start, end) => {
        if (end - start < 100) return
        count(1)
        if (received === expected) finish(() => '')
      },
    })
  }
}

function receiveWithAccounting(): void {
  const plan = broadcastPlan(messages, connections)
  const memberships = createLocalMemberships(plan, 0, 1)
  const ledger = new Ledger(plan, memberships)
  const nowUs = (): number => performance.now() * 1000
  const watch = new GeneratorWatch(QUIET_LIMIT_MS, nowUs)
  const intake = new Intake({ plan, ledger, time: createScheduleTime(plan), text: 'ascii', watch, nowUs, onRead: () => undefined })
  const area = createReadArea(256 * 1024)
  const check = (): void => {
    count(intake.deliveries - received)
    if (received === expected) finish(() => missing(ledger))
  }
  for (let user = 0; user < connections; user++) {
    ledger.mustFromUs[user] = -1
    const reader: Reader = { index: user, cohort: 0, ownCopy: () => undefined, reply: () => undefined }
    const sink: ChatSocketSink = {
      ...idleSink(),
      bytesRead: () => {
        reads++
        intake.beginRead()
      },
      opened: () => socket.send(joinText(1, [channelName])),
      known: (bytes, start, end) => {
        const next = intake.takeKnown(reader, bytes, start, end)
        if (next > start) check()
        return next
      },
      message: (bytes, start, end, frameStart, frameEnd) => {
        intake.takeMessage(reader, bytes, start, end, frameStart, frameEnd)
        check()
      },
    }
    const socket: ChatSocket = new ChatSocket({ transport: 'ws', host: '127.0.0.1', port }, area, sink)
  }
}

/** The proof that the accounting is real: every message at every user, and nothing wrong. */
function missing(ledger: Ledger): string {
  const table = new GrowingMessageTable()
  for (let sequence = 0; sequence < messages; sequence++) table.push(0, sequence, 0, sequence, sequence)
  const sends = sendsByChannel(table, 1)[0]
  const channel = ledger.channels[0]
  if (sends === undefined || channel === undefined) return 'no channel'
  const lacking = channel.members.filter((_, row) => balanceOf(channel, row, sends, -1).missing.length > 0)
  return lacking.length === 0 ? '' : `${lacking.length} users lack messages`
}

function idleSink(): ChatSocketSink {
  return {
    opened: () => undefined,
    bytesRead: () => {
      reads++
    },
    known: (_bytes, start) => start,
    message: () => undefined,
    garbled: () => undefined,
    closed: () => undefined,
  }
}

/** The first half warms up the compiler, for every kind alike. */
function count(deliveries: number): void {
  received += deliveries
  if (startMs === 0 && received >= expected * WARM_UP_SHARE) {
    startMs = performance.now()
    startCpu = process.cpuUsage()
    receivedAtStart = received
    readsAtStart = reads
  }
}

function finish(problem: () => string): void {
  clearTimeout(giveUp)
  const { user, system } = process.cpuUsage(startCpu)
  const wallMs = performance.now() - startMs
  process.stdout.write(
    `${JSON.stringify({ kind, received, expected, measured: received - receivedAtStart, reads: reads - readsAtStart, wallMs, cpuMs: (user + system) / 1000, userMs: user / 1000, problem: problem() })}\n`,
  )
  process.exit(0)
}
