/** For each connection the channels it is in; whoever is in a channel is found by asking them all. */
import type { Connection, Message } from './connection.ts'

export class ChatServer {
  #channelsOf = new Map<Connection, Set<string>>()

  async handleJoinChannels(conn: Connection, channels: string[]): Promise<void> {
    if (conn.closed) return
    let joined = this.#channelsOf.get(conn)
    if (!joined) {
      joined = new Set()
      this.#channelsOf.set(conn, joined)
    }
    for (const name of channels) joined.add(name)
  }

  async handleRequestToSendMessage(_conn: Connection, message: Message): Promise<void> {
    const receivers = [...this.#channelsOf].filter(([, channels]) => channels.has(message.channel))
    for (const [receiver] of receivers) {
      try {
        await receiver.writeMessage(message)
      } catch {
        // It has closed meanwhile; handleDisconnect takes it out.
      }
    }
  }

  async handleDisconnect(conn: Connection): Promise<void> {
    this.#channelsOf.delete(conn)
  }

  async handleNewConnection(_conn: Connection, _username: string): Promise<void> {
    // TODO (follow-up; then declare `usernames` in candidate.yaml)
  }
}
