/** Channels, their members, and for each connection the list of channels it is in. */
import type { Connection, Message } from './connection.ts'
import { Moderation } from './moderation.ts'

export class ChatServer {
  #moderation = new Moderation()
  #members = new Map<string, Set<Connection>>()
  #channelsOf = new Map<Connection, ReadonlySet<string>>()

  async handleJoinChannels(conn: Connection, channels: string[]): Promise<void> {
    const before = this.#channelsOf.get(conn) ?? new Set<string>()
    const allowed = await this.#allowed(channels)
    if (conn.closed) return
    for (const name of allowed) {
      const members = this.#members.get(name)
      if (members) members.add(conn)
      else this.#members.set(name, new Set([conn]))
    }
    this.#channelsOf.set(conn, new Set([...before, ...allowed]))
  }

  async handleRequestToSendMessage(_conn: Connection, message: Message): Promise<void> {
    for (const receiver of [...(this.#members.get(message.channel) ?? [])]) {
      // Whoever left while we were writing to the others gets nothing more.
      if (!this.#channelsOf.get(receiver)?.has(message.channel)) continue
      try {
        await receiver.writeMessage(message)
      } catch {
        // It has closed meanwhile; handleDisconnect takes it out.
      }
    }
  }

  async handleDisconnect(conn: Connection): Promise<void> {
    for (const name of this.#channelsOf.get(conn) ?? []) {
      const members = this.#members.get(name)
      members?.delete(conn)
      if (members?.size === 0) this.#members.delete(name)
    }
    this.#channelsOf.delete(conn)
  }

  async handleNewConnection(_conn: Connection, _username: string): Promise<void> {
    // TODO (follow-up; then declare `usernames` in candidate.yaml)
  }

  async #allowed(channels: string[]): Promise<string[]> {
    const answers = await Promise.all(channels.map((name) => this.#moderation.allows(name)))
    return channels.filter((_, index) => answers[index])
  }
}
