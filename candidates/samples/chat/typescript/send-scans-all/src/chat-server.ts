/** Who is in which channel, as one set of memberships. */
import type { Connection, Message } from './connection.ts'

interface Membership {
  readonly channel: string
  readonly conn: Connection
}

export class ChatServer {
  #memberships = new Set<Membership>()
  #membershipsOf = new Map<Connection, Map<string, Membership>>()

  async handleJoinChannels(conn: Connection, channels: string[]): Promise<void> {
    if (conn.closed) return
    const joined = this.#membershipsOf.get(conn) ?? new Map<string, Membership>()
    this.#membershipsOf.set(conn, joined)
    for (const channel of channels) {
      if (joined.has(channel)) continue
      const membership = { channel, conn }
      joined.set(channel, membership)
      this.#memberships.add(membership)
    }
  }

  async handleRequestToSendMessage(_conn: Connection, message: Message): Promise<void> {
    const receivers = [...this.#memberships].filter((membership) => membership.channel === message.channel)
    for (const { conn } of receivers) {
      try {
        await conn.writeMessage(message)
      } catch {
        // It has closed meanwhile; handleDisconnect takes it out.
      }
    }
  }

  async handleDisconnect(conn: Connection): Promise<void> {
    for (const membership of this.#membershipsOf.get(conn)?.values() ?? []) this.#memberships.delete(membership)
    this.#membershipsOf.delete(conn)
  }

  async handleNewConnection(_conn: Connection, _username: string): Promise<void> {
    // TODO (follow-up; then declare `usernames` in candidate.yaml)
  }
}
