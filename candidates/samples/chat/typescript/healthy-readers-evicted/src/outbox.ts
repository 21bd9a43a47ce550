/**
 * What waits to be written to one connection. A handler only puts messages in, so no member's slow socket holds up a handler or another
 * member. What has gathered goes out as one batch; a reader that has stopped is closed, by volume or by time.
 */
import type { Connection, Message } from './connection.ts'

/** How long messages may gather before they go out together. */
const GATHER_MS = 200
/** How soon a socket that was full is tried again. */
const RETRY_MS = 10
const MAX_BATCH_MESSAGES = 256
/** Whoever lets more than this wait reads too slowly. */
const MAX_QUEUED_MESSAGES = 8
const MAX_QUEUED_BYTES = 32 * 1024
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
  #scheduled = false
  #tries = 0

  constructor(conn: Connection) {
    this.#conn = conn
  }

  put(message: Message): void {
    if (this.#conn.closed) return
    this.#queue.push(message)
    this.#queuedBytes += sizeOf(message)
    if (this.#queue.length > MAX_QUEUED_MESSAGES || this.#queuedBytes > MAX_QUEUED_BYTES) this.#conn.close()
    else this.#schedule(GATHER_MS)
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
