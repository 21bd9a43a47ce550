/**
 * What waits to be written to one connection. A handler only puts messages in, so no member's slow socket holds up a handler or another
 * member. What has gathered goes out as one batch; a reader that has stopped is closed, by volume or by time.
 */
import type { Connection, Message } from './connection.ts'

/** How many messages, or how old the oldest of them, before they go out together. */
const GATHER_MESSAGES = 20
const GATHER_MS = 100
/** How soon a socket that was full is tried again. */
const RETRY_MS = 10
const MAX_BATCH_MESSAGES = 256
/** What may wait for one reader; the messages themselves are shared by all outboxes. */
const MAX_QUEUED_BYTES = 4 * 1024 * 1024
/** What a message takes beside its text. */
const MESSAGE_OVERHEAD_BYTES = 64
/**
 * A reader whose socket was found full for so long, try after try, has stopped. Tries are counted rather than timed, so that a pause of
 * the whole process closes nobody.
 */
const MAX_FULL_MS = 15_000

export class Outbox {
  #conn: Connection
  #queue: Message[] = []
  #queuedBytes = 0
  #oldestAt = 0
  #scheduled = false
  #tries = 0

  constructor(conn: Connection) {
    this.#conn = conn
  }

  put(message: Message): void {
    if (this.#conn.closed) return
    if (this.#queue.length === 0) this.#oldestAt = performance.now()
    this.#queue.push(message)
    this.#queuedBytes += sizeOf(message)
    if (this.#queuedBytes > MAX_QUEUED_BYTES) this.#conn.close()
    else if (this.#queue.length >= GATHER_MESSAGES || performance.now() - this.#oldestAt > GATHER_MS) this.#flush()
  }

  #schedule(delayMs: number): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setTimeout(() => {
      this.#scheduled = false
      this.#flush()
    }, delayMs)
  }

  #flush(): void {
    if (this.#scheduled) return
    let sent = 0
    while (sent < this.#queue.length && !this.#conn.closed) {
      const batch = this.#queue.slice(sent, sent + MAX_BATCH_MESSAGES)
      if (!this.#conn.tryWriteMessage(batch)) break
      for (const message of batch) this.#queuedBytes -= sizeOf(message)
      sent += batch.length
    }
    this.#queue.splice(0, sent)
    this.#tries = sent > 0 ? 0 : this.#tries + 1
    if (this.#tries * RETRY_MS > MAX_FULL_MS) this.#conn.close()
    if (this.#conn.closed) this.#queue = []
    else if (this.#queue.length > 0) this.#schedule(RETRY_MS)
  }
}

function sizeOf(message: Message): number {
  return message.body.length + message.channel.length + MESSAGE_OVERHEAD_BYTES
}
