import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http'
import type { AddressInfo, Server } from 'node:net'
import { ChatServer } from './chat-server.ts'
import { newCounters } from './counters.ts'
import { connectionsPermitted } from './descriptor-limit.ts'
import { FairShare } from './fair-share.ts'
import { FlushPace } from './flush-pace.ts'
import { limitsWith } from './limits.ts'
import type { Limits } from './limits.ts'
import { LoadShedder } from './load-shedder.ts'
import type { Log } from './log.ts'
import { openMetrics } from './metrics.ts'
import type { Metrics } from './metrics.ts'
import { OverloadWatch } from './overload-watch.ts'
import type { OverloadSource } from './overload-watch.ts'
import { PingSweep } from './ping-sweep.ts'
import { CLOSE_CODES, Session } from './session.ts'
import type { SessionContext } from './session.ts'
import { openTcpDoor } from './tcp-door.ts'
import { TurnDelivery } from './turn-delivery.ts'
import { openWebSocketDoor } from './websocket-door.ts'

export interface ChatServiceOptions {
  readonly host: string
  /** Port of the WebSocket door; 0 takes a free one, undefined keeps the door shut. */
  readonly wsPort?: number
  /** Port of the TCP door; 0 takes a free one, undefined keeps the door shut. */
  readonly tcpPort?: number
  readonly limits?: Partial<Limits>
  readonly log: Log
  /** Where the watch over resources has its readings from: this process, unless a test says otherwise. */
  readonly overloadSource?: OverloadSource
}

export interface ChatService {
  /** The ports that the doors got. */
  readonly wsPort: number | undefined
  readonly tcpPort: number | undefined
  /** Takes no new clients, sends what waits for at most `STOP_FLUSH_MS`, closes every client with 1001, and returns when all are gone. */
  stop(): Promise<void>
}

/** Connections that may wait to be accepted; a thundering herd of reconnecting clients should queue, not fail. */
const LISTEN_BACKLOG = 4096
const STOP_FLUSH_MS = 2000
const STOP_CLOSE_MS = 1000
const STOP_POLL_MS = 10
const PING_TICKS_PER_ROUND = 30

/** Starts the chat server with its doors, its watch over resources and its metrics. Rejects where a port cannot be had. */
export async function startChatService(options: ChatServiceOptions): Promise<ChatService> {
  const { host, log } = options
  const context = newContext(limitsWith(options.limits))
  const { limits, counters, shedder, sessions } = context
  const maxConnections = limits.maxConnections === 0 ? connectionsPermitted() : limits.maxConnections
  const state = { isStopping: false }

  const refusal = (): string | undefined => {
    if (state.isStopping) return 'the server is going away'
    if (shedder.isAt('refuse connections')) return 'overloaded, try again later'
    if (sessions.size >= maxConnections) return `full: ${maxConnections} clients are connected, try again later`
    return undefined
  }
  const watch = new OverloadWatch(context, log, options.overloadSource)
  const metrics = openMetrics({ counters, shedder, channelCount: () => context.chat.channelCount, memoryBytes: () => watch.memoryBytes })
  const handleRequest = answerHttp(metrics, () => ({
    status: refusal() ?? 'ok',
    connections: counters.connections,
    shedding: shedder.step,
  }))
  const wsDoor = options.wsPort === undefined ? undefined : openWebSocketDoor({ context, refusal, handleRequest })
  const tcpDoor = options.tcpPort === undefined ? undefined : openTcpDoor({ context, refusal })
  const wsPort = wsDoor && (await listen(wsDoor, host, options.wsPort ?? 0))
  const tcpPort = tcpDoor && (await listen(tcpDoor, host, options.tcpPort ?? 0))

  const sweep = new PingSweep(sessions, PING_TICKS_PER_ROUND)
  const pingTimer = setInterval(() => sweep.tick(), limits.pingIntervalMs / PING_TICKS_PER_ROUND)
  watch.start()
  if (wsPort !== undefined) log.info(`listening on ws://${host}:${wsPort}/ (health at /health, metrics at /metrics)`)
  if (tcpPort !== undefined) log.info(`listening on tcp://${host}:${tcpPort}`)
  log.info(`at most ${maxConnections} clients`)

  const stop = async (): Promise<void> => {
    state.isStopping = true
    log.info(`stopping: ${sessions.size} clients to close`)
    const doors = [wsDoor, tcpDoor].filter(door => door !== undefined)
    for (const door of doors) door.close()
    await sayGoodbye(context)
    clearInterval(pingTimer)
    watch.stop()
    metrics.stop()
    wsDoor?.closeAllConnections()
    log.info('stopped')
  }
  return { wsPort, tcpPort, stop }
}

function newContext(limits: Limits): SessionContext {
  const counters = newCounters()
  const pace = new FlushPace(limits)
  const delivery = new TurnDelivery<Session>({
    maxTurnLength: limits.maxTurnLength,
    now: () => performance.now(),
    atTurnEnd: task => void setImmediate(task),
    pace,
    onDelivered: (messages, deliveries) => {
      counters.messages += messages
      counters.deliveries += deliveries
    },
  })
  return {
    chat: new ChatServer<Session>(delivery),
    delivery,
    pace,
    fairShare: new FairShare(limits),
    shedder: new LoadShedder(),
    limits,
    counters,
    outbox: {
      limits,
      schedule: (delayMs, task) => {
        const timer = setTimeout(task, delayMs)
        return () => clearTimeout(timer)
      },
      onQueuedBytes: change => {
        counters.queuedBytes += change
      },
    },
    sessions: new Set(),
    now: () => performance.now(),
  }
}

function answerHttp(metrics: Metrics, health: () => { status: string }): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    if (request.url === '/health') {
      const state = health()
      response.writeHead(state.status === 'ok' ? 200 : 503, { 'content-type': 'application/json' }).end(`${JSON.stringify(state)}\n`)
    } else if (request.url === '/metrics') {
      metrics.text().then(
        text => response.writeHead(200, { 'content-type': metrics.contentType }).end(text),
        (error: unknown) => response.writeHead(500, { 'content-type': 'text/plain' }).end(String(error)),
      )
    } else {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('Expected a WebSocket upgrade at /, or GET /health or /metrics\n')
    }
  }
}

async function listen(door: HttpServer | Server, host: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    door.once('error', reject)
    door.listen({ port, host, backlog: LISTEN_BACKLOG }, () => {
      door.removeListener('error', reject)
      resolve()
    })
  })
  return (door.address() as AddressInfo).port
}

async function sayGoodbye(context: SessionContext): Promise<void> {
  const { sessions } = context
  context.delivery.flush()
  await until(() => [...sessions].every(session => session.outbox.isEmpty), STOP_FLUSH_MS)
  const closing = [...sessions]
  for (const session of closing) session.close(CLOSE_CODES.goingAway, 'the server is going away')
  await until(() => closing.every(session => session.link.readyState === LINK_CLOSED), STOP_CLOSE_MS)
  for (const session of closing) session.link.terminate()
}

const LINK_CLOSED = 3

async function until(isDone: () => boolean, limitMs: number): Promise<void> {
  const startedAtMs = performance.now()
  while (!isDone() && performance.now() - startedAtMs < limitMs) {
    await new Promise(resolve => setTimeout(resolve, STOP_POLL_MS))
  }
}
