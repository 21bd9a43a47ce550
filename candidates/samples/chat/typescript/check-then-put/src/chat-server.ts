/** Channels, their members, and a plain loop that writes to each of them. */
import type { Connection, Message } from './connection.ts'
import { Moderation } from './moderation.ts'

export class ChatServer {
  #moderation = new Moderation()
  #members = new Map<string, Set<Connection>>()
  #channelsOf = new Map<Connection, Set<string>>()

  async handleJoinChannels(conn: Connection, channels: string[]): Promise<void> {
    if (conn.closed) return
    for (const name of channels) {
      let members = this.#members.get(name)
      if (!members) {
        if (!(await this.#moderation.allows(name))) continue
        members = new Set()
        this.#members.set(name, members)
      }
      if (conn.closed) return
      members.add(conn)
      getOrCreate(this.#channelsOf, conn).add(name)
    }
  }

  async handleRequestToSendMessage(_conn: Connection, message: Message): Promise<void> {
    for (const receiver of [...(this.#members.get(message.channel) ?? [])]) {
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
}

function getOrCreate<Key, Item>(sets: Map<Key, Set<Item>>, key: Key): Set<Item> {
  let set = sets.get(key)
  if (!set) {
    set = new Set()
    sets.set(key, set)
  }
  return set
}
