import type { Batch } from './batch.ts'
import type { ChatServer, Message } from './chat-server.ts'
import type { Counters } from './counters.ts'
import { FairShare, newSenderQuota } from './fair-share.ts'
import type { SenderQuota } from './fair-share.ts'
import { encodeTexts } from './framing.ts'
import type { Transport } from './framing.ts'
import type { FlushPace } from './flush-pace.ts'
import type { Limits } from './limits.ts'
import type { LoadShedder } from './load-shedder.ts'
import { Outbox } from './outbox.ts'
import type { ByteSink, OutboxContext, OutboxOwner } from './outbox.ts'
import { parseRequest } from './requests.ts'
import type { BatchedConnection, TurnDelivery } from './turn-delivery.ts'

/** What the two doors have in common: a way to end a connection politely, and one to cut it. `WebSocket` is one. */
export interface Link {
  /** 1 while messages may be sent, as in the WebSocket API. */
  readonly readyState: number
  close(code: number, reason: string): void
  terminate(): void
}

/** The part of a socket that a session needs; `net.Socket` is one. */
export interface SessionSocket extends ByteSink {
  /** Bytes read from the client so far. Any byte is a sign of life; a pong is only one kind. */
  readonly bytesRead: number
}

/** What all sessions of a service share. */
export interface SessionContext {
  readonly pace: FlushPace
  readonly chat: ChatServer<Session>
  readonly delivery: TurnDelivery<Session>
  readonly fairShare: FairShare
  readonly shedder: LoadShedder
  readonly limits: Limits
  readonly counters: Counters
  readonly outbox: OutboxContext
  readonly sessions: Set<Session>
  readonly now: () => number
}

/** Why a session ends; the numbers are WebSocket close codes (RFC 6455, 7.4), with one of the private range. */
export const CLOSE_CODES = { goingAway: 1001, tryAgainLater: 1013, replaced: 4001 } as const

const OPEN = 1
/** An empty WebSocket ping (RFC 6455, 5.5.2), shared by all. */
const PING_FRAME = Buffer.from([0x89, 0x00])

/** One client's conversation with the chat server, over either transport: requests in, replies and batches out. */
export class Session implements BatchedConnection, OutboxOwner {
  batch: Batch | undefined
  isDue = false
  readonly transport: Transport
  readonly link: Link
  readonly outbox: Outbox
  private readonly context: SessionContext
  private readonly socket: SessionSocket
  private bytesReadAtLook = 0
  private isPinged = false
  /** Bytes sent since the last answer to a ping; negative infinity while an answer is awaited. */
  private unprobedBytes = 0
  private cancelProbe: (() => void) | undefined
  private replies: string[] | undefined
  private quota: SenderQuota | undefined
  private isClosed = false

  constructor(transport: Transport, socket: SessionSocket, link: Link, context: SessionContext) {
    this.transport = transport
    this.socket = socket
    this.link = link
    this.context = context
    this.outbox = new Outbox(socket, context.outbox, this)
    context.sessions.add(this)
    context.counters.connections++
    context.counters.connectionsAccepted++
  }

  /** Serves one message or line. */
  handleText(text: string): void {
    if (this.isClosed) return
    const request = parseRequest(text, this.context.limits)
    switch (request.type) {
      case 'send':
        this.handleSend(request.id, request.channel, request.body)
        return
      case 'join':
        this.handleJoin(request.id, request.channels)
        return
      case 'hello':
        this.handleHello(request.id, request.username)
        return
      case 'invalid':
        this.refuse(request.problem, request.id)
        return
      case 'unknown':
        return
    }
  }

  /** Answers a request that cannot be served. */
  refuse(problem: string, id?: number): void {
    this.context.counters.invalidRequests++
    this.reply(JSON.stringify({ type: 'error', message: problem, id }))
  }

  writeMessage(message: Message): void {
    this.reply(JSON.stringify(message))
  }

  flush(batch: Batch | undefined): void {
    const replies = this.replies
    this.replies = undefined
    if (this.isClosed || this.link.readyState !== OPEN) return
    if (replies === undefined) {
      if (batch !== undefined) this.send(batch.bytesFor(this.transport), batch.messageCount)
      return
    }
    const answers = encodeTexts(this.transport, replies)
    if (batch === undefined) this.send(answers, replies.length)
    else this.send(Buffer.concat([answers, batch.bytesFor(this.transport)]), replies.length + batch.messageCount)
  }

  /** Ends the conversation from our side: out of all channels now, nothing more sent, the link closed and, if need be, cut. */
  close(code: number, reason: string): void {
    if (this.isClosed) return
    this.handleGone()
    this.link.close(code, reason)
    const { outbox, limits } = this.context
    outbox.schedule(limits.closeGraceMs, () => this.link.terminate())
  }

  /** Sends what waits in this turn at once, then ends the conversation: for a client whose bytes can no longer be made sense of. */
  closeWithError(code: number, problem: string): void {
    if (this.isClosed) return
    this.refuse(problem)
    this.context.delivery.flush()
    this.close(code, problem)
  }

  /** Called by the door when the client has gone. */
  handleGone(): void {
    if (this.isClosed) return
    this.isClosed = true
    this.cancelProbe?.()
    this.outbox.close()
    this.context.sessions.delete(this)
    this.context.counters.connections--
    this.context.chat.handleDisconnect(this)
  }

  handleOutboxGivenUp(reason: string): void {
    this.context.counters.evictions++
    this.close(CLOSE_CODES.tryAgainLater, reason)
  }

  /** TCP lines know no ping; there the kernel's keep-alive finds dead peers. */
  lookForLife(): void {
    if (this.isClosed || this.transport === 'tcp') return
    const { bytesRead } = this.socket
    if (bytesRead !== this.bytesReadAtLook) {
      this.bytesReadAtLook = bytesRead
      this.isPinged = false
    } else if (this.isPinged) {
      this.context.counters.deadPeers++
      this.handleGone()
      this.link.terminate()
    } else {
      this.isPinged = true
      this.outbox.write(PING_FRAME, 0)
    }
  }

  /** Called by the door when the client answered a ping: it has read all that was sent before. */
  handlePong(): void {
    this.cancelProbe?.()
    this.cancelProbe = undefined
    this.unprobedBytes = 0
  }

  private handleSend(id: number | undefined, channel: string, body: string): void {
    const { chat, counters, fairShare, shedder, now } = this.context
    this.quota ??= newSenderQuota()
    const memberCount = shedder.isAt('shed sends') ? chat.memberCountOf(channel) : 0
    if (!fairShare.admits(this.quota, memberCount, now())) {
      counters.sendsShed++
      this.replyShed(id)
      return
    }
    chat.handleRequestToSendMessage(this, { type: 'message', channel, body })
  }

  /** Without an id the client could not tell which send is meant, but it is told that one was. */
  private replyShed(id: number | undefined): void {
    if (id !== undefined) this.reply(`{"type":"shed","id":${id}}`)
    else this.reply('{"type":"error","message":"overloaded: a send was dropped; give sends an id to be told which"}')
  }

  private handleJoin(id: number, channels: readonly string[]): void {
    const { chat, counters, limits, shedder } = this.context
    if (shedder.isAt('refuse joins')) {
      counters.joinsRefused++
      this.refuse('overloaded: no joins for the moment, try again later', id)
      return
    }
    if (
      chat.channelCountOf(this) + channels.length > limits.maxChannelsPerConnection ||
      chat.channelCount + channels.length > limits.maxChannels
    ) {
      counters.joinsRefused++
      this.refuse(
        `Expected at most ${limits.maxChannelsPerConnection} channels a connection and ${limits.maxChannels} in all, got more`,
        id,
      )
      return
    }
    counters.joins++
    chat.handleJoinChannels(this, channels)
    this.reply(`{"type":"joined","id":${id}}`)
  }

  private handleHello(id: number, username: string): void {
    const older = this.context.chat.handleNewConnection(this, username)
    if (older !== undefined) {
      this.context.counters.replacements++
      older.close(CLOSE_CODES.replaced, 'replaced: this user name connected again')
    }
    this.reply(`{"type":"welcome","id":${id}}`)
  }

  private reply(text: string): void {
    if (this.replies === undefined) this.replies = [text]
    else this.replies.push(text)
    this.context.delivery.markDue(this)
  }

  private send(bytes: Buffer, messages: number): void {
    const { counters, limits } = this.context
    counters.writes++
    counters.bytesOut += bytes.length
    this.outbox.write(bytes, messages)
    this.unprobedBytes += bytes.length
    if (this.unprobedBytes > limits.pingAfterBytes) this.probe()
  }

  /**
   * Asks a reader that got much whether it is still reading. Its kernel may take many megabytes before our socket shows that
   * nobody reads them, but a pong comes only from a reader that got as far as the ping.
   */
  private probe(): void {
    if (this.isClosed) return
    this.unprobedBytes = Number.NEGATIVE_INFINITY
    if (this.transport === 'tcp') return
    const { limits, outbox } = this.context
    this.outbox.write(PING_FRAME, 0)
    this.cancelProbe = outbox.schedule(limits.pongMs, () => {
      this.handleOutboxGivenUp(`slow reader: a ping was not read within ${limits.pongMs} ms`)
    })
  }
}
