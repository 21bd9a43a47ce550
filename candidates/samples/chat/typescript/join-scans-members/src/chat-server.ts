/** Channels, their members, and a plain loop that writes to each of them. */
import type { Connection, Message } from './connection.ts'

export class ChatServer {
  #members = new Map<string, Set<Connection>>()
  /** The names of all channels there are, in the order in which they appeared. */
  #directory: string[] = []
  #channelsOf = new Map<Connection, Set<string>>()

  async handleJoinChannels(conn: Connection, channels: string[]): Promise<void> {
    if (conn.closed) return
    // Nothing is awaited from here on, so no other handler sees a half-made change.
    const joined = getOrCreate(this.#channelsOf, conn)
    for (const name of channels) {
      if (!this.#directory.includes(name)) this.#directory.push(name)
      getOrCreate(this.#members, name).add(conn)
      joined.add(name)
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
      if (members?.size === 0) this.#close(name)
    }
    this.#channelsOf.delete(conn)
  }

  #close(name: string): void {
    this.#members.delete(name)
    const last = this.#directory.pop()
    if (last !== undefined && last !== name) this.#directory[this.#directory.indexOf(name)] = last
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
