/** Channels, their members, and a plain loop that writes to each of them. */
import type { Connection, Message } from './connection.ts'

export class ChatServer {
  #members = new Map<string, Set<Connection>>()
  #channelsOf = new Map<Connection, Set<string>>()

  async handleJoinChannels(conn: Connection, channels: string[]): Promise<void> {
    if (conn.closed) return
    // Nothing is awaited from here on, so no other handler sees a half-made change.
    const joined = getOrCreate(this.#channelsOf, conn)
    for (const name of channels) {
      getOrCreate(this.#members, name).add(conn)
      joined.add(name)
    }
  }

  async handleRequestToSendMessage(_conn: Connection, message: Message): Promise<void> {
    for (const receiver of this.#membersOf(message.channel)) {
      try {
        await receiver.writeMessage(message)
      } catch {
        // It has closed meanwhile; handleDisconnect takes it out.
      }
    }
  }

  /** The members of a channel and of the channels below it (red, red/dark), each once. */
  #membersOf(channel: string): Set<Connection> {
    const found = new Set<Connection>()
    for (const [name, members] of this.#members) {
      if (name.startsWith(channel)) for (const member of members) found.add(member)
    }
    return found
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
