/** What a client's lines mean, and the calls of the handlers. */
import type { ChatServer } from './chat-server.ts'
import { type Connection, ConnectionClosed, type Message } from './connection.ts'

/** A client with this many requests under way, or with this much output piled up, is not read from. */
const MAX_UNHANDLED_REQUESTS = 256
const MAX_UNSENT_BYTES_TO_READ_ON = 256 * 1024

type Request =
  | { readonly type: 'join'; readonly id: number; readonly channels: string[] }
  | { readonly type: 'send'; readonly id?: number; readonly message: Message }
  | { readonly type: 'hello'; readonly id: number; readonly username: string }

class BadRequest extends Error {
  readonly id: number | undefined

  constructor(text: string, id?: number) {
    super(text)
    this.id = id
  }
}

/** What the door lets us do about the client's next requests. */
interface Reading {
  pause(): void
  resume(): void
}

/** The requests of one connection: starts a handler for each, and holds back what is too much. */
export class Requests {
  #chat: ChatServer
  #conn: Connection
  #reading: Reading
  #held: (string | undefined)[] = []
  #unhandled = 0

  constructor(chat: ChatServer, conn: Connection, reading: Reading) {
    this.#chat = chat
    this.#conn = conn
    this.#reading = reading
  }

  /** Takes one line or WebSocket message; undefined stands for one that is not text in UTF-8. */
  take(text: string | undefined): void {
    if (this.#held.length === 0 && this.#hasRoom()) {
      void this.#handle(text)
      return
    }
    this.#held.push(text)
    this.#reading.pause()
  }

  /** There may be room again: starts what was held back, then reads on. */
  goOn(): void {
    if (this.#held.length === 0) return
    let started = 0
    while (started < this.#held.length && this.#hasRoom()) void this.#handle(this.#held[started++])
    this.#held.splice(0, started)
    if (this.#held.length === 0) this.#reading.resume()
  }

  /** The connection has ended. */
  async end(): Promise<void> {
    this.#held = []
    try {
      await this.#chat.handleDisconnect(this.#conn)
    } catch (problem) {
      console.error(problem)
    }
  }

  #hasRoom(): boolean {
    return this.#unhandled < MAX_UNHANDLED_REQUESTS && this.#conn.unsentBytes() <= MAX_UNSENT_BYTES_TO_READ_ON
  }

  async #handle(text: string | undefined): Promise<void> {
    this.#unhandled++
    const fields = JSON.parse(text ?? '') as unknown
    let id: number | undefined
    try {
      const request = parseRequest(fields)
      id = request?.id
      if (request) await this.#callHandler(request)
    } catch (problem) {
      this.#refuse(problem, id)
    }
    this.#unhandled--
    if (this.#unhandled === MAX_UNHANDLED_REQUESTS / 2) this.goOn()
  }

  async #callHandler(request: Request): Promise<void> {
    switch (request.type) {
      case 'join':
        await this.#chat.handleJoinChannels(this.#conn, request.channels)
        this.#conn.reply({ type: 'joined', id: request.id })
        break
      case 'send':
        await this.#chat.handleRequestToSendMessage(this.#conn, request.message)
        break
      case 'hello':
        await this.#chat.handleNewConnection(this.#conn, request.username)
        this.#conn.reply({ type: 'welcome', id: request.id })
    }
  }

  #refuse(problem: unknown, id: number | undefined): void {
    if (problem instanceof BadRequest) {
      this.#conn.reply({ type: 'error', message: problem.message, id: problem.id })
      return
    }
    if (!(problem instanceof ConnectionClosed)) console.error(problem)
    this.#conn.reply({ type: 'error', message: 'The request failed', id })
  }
}

/** The request in an object; undefined for a type that we do not know; throws BadRequest for anything malformed. */
function parseRequest(value: unknown): Request | undefined {
  const fields = checkObject(value)
  const id = parseId(fields.id)
  switch (fields.type) {
    case 'join': {
      const channels = fields.channels
      if (id === undefined || !isListOfStrings(channels)) throw new BadRequest('Expected a join to have an `id` and a list of `channels`', id)
      return { type: 'join', id, channels }
    }
    case 'send': {
      const { channel, body } = fields
      if (typeof channel !== 'string' || typeof body !== 'string') throw new BadRequest('Expected a send to have a `channel` and a `body`', id)
      return { type: 'send', id, message: { channel, body, id } }
    }
    case 'hello': {
      const username = fields.username
      if (id === undefined || typeof username !== 'string') throw new BadRequest('Expected a hello to have an `id` and a `username`', id)
      return { type: 'hello', id, username }
    }
  }
  if (typeof fields.type !== 'string') throw new BadRequest('Expected a JSON object with a `type`', id)
  return undefined
}

function checkObject(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new BadRequest('Expected one JSON object in UTF-8')
  return value as Record<string, unknown>
}

function parseId(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw new BadRequest('Expected `id` to be a whole number from 0 to 2^53-1')
  return value
}

function isListOfStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}
