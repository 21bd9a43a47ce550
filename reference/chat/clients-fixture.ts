/** For tests: the service on ports of its own, and clients of either door. Whoever opens one of them ends the test with `closeAll`. */
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { WebSocket } from 'ws'
import { startChatService } from './chat-service.ts'
import type { ChatService } from './chat-service.ts'
import type { Limits } from './limits.ts'
import { logAt } from './log.ts'
import type { OverloadSource } from './overload-watch.ts'

export type Reply = Record<string, unknown>

export const HOST = '127.0.0.1'
export const cleanUps: (() => unknown)[] = []

export async function closeAll(): Promise<void> {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
}

export async function start(limits: Partial<Limits> = {}, overloadSource?: OverloadSource): Promise<ChatService> {
  const log = logAt('silent', () => undefined)
  const service = await startChatService({ host: HOST, wsPort: 0, tcpPort: 0, limits, log, overloadSource })
  cleanUps.push(() => service.stop())
  return service
}

/** A client of either door: what it got, and a wait for the reply that fits. */
export abstract class Client {
  readonly replies: Reply[] = []
  private waiting: (() => void)[] = []
  abstract send(request: unknown): void

  async join(...channels: string[]): Promise<void> {
    this.send({ type: 'join', id: 1, channels })
    await this.until(reply => reply.type === 'joined')
  }

  async until(fits: (reply: Reply) => boolean): Promise<Reply> {
    for (;;) {
      const found = this.replies.find(fits)
      if (found !== undefined) return found
      await new Promise<void>(resolve => void this.waiting.push(resolve))
    }
  }

  get bodies(): unknown[] {
    return this.replies.filter(reply => reply.type === 'message').map(reply => reply.body)
  }

  protected take(text: string): void {
    const value = JSON.parse(text) as Reply | Reply[]
    this.replies.push(...(Array.isArray(value) ? value : [value]))
    for (const wake of this.waiting.splice(0)) wake()
  }
}

export class WsClient extends Client {
  readonly socket: WebSocket
  /** The socket below, for bytes that no client library would send. */
  readonly raw: Socket
  readonly closed: Promise<{ code: number; reason: string }>

  constructor(service: ChatService) {
    super()
    this.raw = connect({ port: service.wsPort ?? 0, host: HOST })
    this.socket = new WebSocket(`ws://${HOST}/`, { perMessageDeflate: false, createConnection: () => this.raw })
    this.socket.on('message', data => this.take((data as Buffer).toString()))
    this.socket.on('error', () => undefined)
    this.closed = new Promise(resolve => this.socket.on('close', (code, reason) => resolve({ code, reason: String(reason) })))
    cleanUps.push(() => this.socket.terminate())
  }

  send(request: unknown): void {
    this.socket.send(typeof request === 'string' ? request : JSON.stringify(request))
  }
}

export class TcpClient extends Client {
  readonly socket: Socket
  private rest = ''

  constructor(service: ChatService) {
    super()
    this.socket = connect({ port: service.tcpPort ?? 0, host: HOST })
    this.socket.setEncoding('utf8')
    this.socket.on('data', chunk => {
      const lines = (this.rest + String(chunk)).split('\n')
      this.rest = lines.pop() ?? ''
      for (const line of lines) this.take(line)
    })
    this.socket.on('error', () => undefined)
    cleanUps.push(() => this.socket.destroy())
  }

  send(request: unknown): void {
    this.socket.write(`${typeof request === 'string' ? request : JSON.stringify(request)}\n`)
  }
}

export async function wsClient(service: ChatService): Promise<WsClient> {
  const client = new WsClient(service)
  await once(client.socket, 'open')
  return client
}

export async function tcpClient(service: ChatService): Promise<TcpClient> {
  const client = new TcpClient(service)
  await once(client.socket, 'connect')
  return client
}

export async function metric(service: ChatService, name: string): Promise<number> {
  const text = await (await fetch(`http://${HOST}:${service.wsPort}/metrics`)).text()
  return Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1])
}

export async function untilMetric(service: ChatService, name: string, value: number): Promise<void> {
  while ((await metric(service, name)) !== value) await new Promise(resolve => setTimeout(resolve, 10))
}
