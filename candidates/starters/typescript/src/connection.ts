/** One client's connection, as the handlers see it: the same over TCP lines and over WebSockets. */

/** The socket counts as full while this much that it should have taken is still with us. */
const FULL_BYTES = 64 * 1024

export interface Message {
  readonly channel: string
  readonly body: string
  /** The sender's number for this message, if it gave one. */
  readonly id?: number
}

export class ConnectionClosed extends Error {
  constructor() {
    super('The connection is closed')
  }
}

/** What a door (TCP or WebSocket) offers to its connections. */
export interface Wire {
  write(text: string): void
  unsentBytes(): number
  destroy(): void
}

export class Connection {
  #wire: Wire
  #closed = false
  #waiting: (() => void)[] = []

  constructor(wire: Wire) {
    this.#wire = wire
  }

  /** Writes one whole message (an array goes out as one batch). Waits while the socket is full; throws ConnectionClosed once it is closed. */
  async writeMessage(message: Message | readonly Message[]): Promise<void> {
    while (!this.tryWriteMessage(message)) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  /** Like writeMessage, but never waits: false, with nothing written, while the socket is full. */
  tryWriteMessage(message: Message | readonly Message[]): boolean {
    if (this.#closed) throw new ConnectionClosed()
    if (this.unsentBytes() >= FULL_BYTES) return false
    this.#wire.write(jsonOf(message))
    return true
  }

  /** Tells the client that the message it sent with this id was dropped on purpose. */
  writeShed(messageId: number): void {
    this.reply({ type: 'shed', id: messageId })
  }

  /** Ends the connection; unsent output is dropped and handleDisconnect follows. */
  close(): void {
    this.markClosed()
    this.#wire.destroy()
  }

  /** True from the moment that nothing can be written any more; always before handleDisconnect. */
  get closed(): boolean {
    return this.#closed
  }

  // What follows is for the plumbing.

  /** Never waits: a client that lets its replies pile up is not read from. */
  reply(fields: object): void {
    if (!this.#closed) this.#wire.write(JSON.stringify(fields))
  }

  unsentBytes(): number {
    return this.#wire.unsentBytes()
  }

  /** The socket has taken something: whoever waits may try again. */
  wakeWaiting(): void {
    if (!this.#closed && this.unsentBytes() >= FULL_BYTES) return
    const waiting = this.#waiting
    this.#waiting = []
    for (const wake of waiting) wake()
  }

  markClosed(): void {
    this.#closed = true
    this.wakeWaiting()
  }
}

/** Encoded once a message, however many receivers there are. */
const encoded = new WeakMap<Message, string>()

function jsonOf(message: Message | readonly Message[]): string {
  if (isBatch(message)) return `[${message.map(jsonOf).join(',')}]`
  let json = encoded.get(message)
  if (json === undefined) {
    json = JSON.stringify({ type: 'message', channel: message.channel, body: message.body })
    encoded.set(message, json)
  }
  return json
}

function isBatch(message: Message | readonly Message[]): message is readonly Message[] {
  return Array.isArray(message)
}
