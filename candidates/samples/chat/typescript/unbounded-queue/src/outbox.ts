/** What waits to be written to one connection, so that no member's slow socket holds up the others. */
import type { Connection, Message } from './connection.ts'

export class Outbox {
  #conn: Connection
  #queue: Message[] = []
  #writing = false

  constructor(conn: Connection) {
    this.#conn = conn
  }

  put(message: Message): void {
    this.#queue.push(message)
    if (!this.#writing) void this.#write()
  }

  async #write(): Promise<void> {
    this.#writing = true
    try {
      while (this.#queue.length > 0) {
        const batch = this.#queue
        this.#queue = []
        for (const message of batch) await this.#conn.writeMessage(message)
      }
    } catch {
      // It has closed; handleDisconnect takes it out.
    }
    this.#writing = false
  }
}
