/** Channels, members and names on one event loop: whatever changes them does so without awaiting in between. */
import type { Connection, Message } from './connection.ts'
import { Outbox } from './outbox.ts'

/** So many deliveries may be on their way into sockets; what comes beyond is shed. */
const MAX_WAITING_DELIVERIES = 2000
/** When outboxes are flushed. */
const FLUSH_MS = 10

interface Member {
  readonly outbox: Outbox
  readonly channels: Set<string>
}

export class ChatServer {
  #channels = new Map<string, Set<Member>>()
  #members = new Map<Connection, Member>()
  #holders = new Map<string, Connection>()
  #nameOf = new Map<Connection, string>()
  #waitingDeliveries = 0
  #flush: Promise<void> | undefined

  async handleJoinChannels(conn: Connection, channels: string[]): Promise<void> {
    if (conn.closed) return
    let member = this.#members.get(conn)
    if (!member) {
      member = { outbox: new Outbox(conn), channels: new Set() }
      this.#members.set(conn, member)
    }
    for (const name of channels) {
      const others = this.#channels.get(name)
      if (others) others.add(member)
      else this.#channels.set(name, new Set([member]))
      member.channels.add(name)
    }
  }

  async handleRequestToSendMessage(conn: Connection, message: Message): Promise<void> {
    const receivers = [...(this.#channels.get(message.channel) ?? [])]
    this.#waitingDeliveries += receivers.length
    if (this.#waitingDeliveries > MAX_WAITING_DELIVERIES && message.id !== undefined) {
      conn.writeShed(message.id)
      return
    }
    for (const member of receivers) member.outbox.put(message)
    await this.#nextFlush()
    this.#waitingDeliveries -= receivers.length
  }

  #nextFlush(): Promise<void> {
    this.#flush ??= new Promise((resolve) => {
      setTimeout(() => {
        this.#flush = undefined
        resolve()
      }, FLUSH_MS)
    })
    return this.#flush
  }

  async handleDisconnect(conn: Connection): Promise<void> {
    this.#releaseName(conn)
    const member = this.#members.get(conn)
    if (!member) return
    this.#members.delete(conn)
    for (const name of member.channels) {
      const others = this.#channels.get(name)
      others?.delete(member)
      if (others?.size === 0) this.#channels.delete(name)
    }
  }

  /** The newest connection gets the name; the older one is closed. */
  async handleNewConnection(conn: Connection, username: string): Promise<void> {
    if (conn.closed) return
    const older = this.#holders.get(username)
    this.#holders.set(username, conn)
    this.#nameOf.set(conn, username)
    if (older !== conn) older?.close()
  }

  #releaseName(conn: Connection): void {
    const username = this.#nameOf.get(conn)
    if (username === undefined) return
    this.#nameOf.delete(conn)
    if (this.#holders.get(username) === conn) this.#holders.delete(username)
  }
}
