/** While a scene plays: which deliveries must still come. The judge says later what was lost; this only says when waiting is over. */
export class PendingDeliveries {
  #total = 0
  readonly #members = new Map<string, Set<number>>()
  readonly #joinedBy = new Map<number, Set<string>>()
  readonly #waiting = new Map<number, { readonly sender: number; readonly readers: Set<number>; hasOwnCopy: boolean }>()

  get total(): number {
    return this.#total
  }

  /** Messages that somebody still waits for. */
  get messages(): Iterable<number> {
    return this.#waiting.keys()
  }

  membersOf(channel: string): ReadonlySet<number> {
    return this.#members.get(channel) ?? new Set()
  }

  joined(client: number, channels: readonly string[]): void {
    let joined = this.#joinedBy.get(client)
    if (joined === undefined) this.#joinedBy.set(client, (joined = new Set()))
    for (const channel of channels) {
      joined.add(channel)
      const members = this.#members.get(channel)
      if (members === undefined) this.#members.set(channel, new Set([client]))
      else members.add(client)
    }
  }

  sent(sender: number, message: number, channel: string): void {
    const readers = new Set(this.membersOf(channel))
    if (readers.size === 0) return
    this.#waiting.set(message, { sender, readers, hasOwnCopy: false })
    this.#total += readers.size
  }

  read(client: number, message: number): void {
    const waiting = this.#waiting.get(message)
    if (waiting?.sender === client) waiting.hasOwnCopy = true
    if (waiting?.readers.delete(client) !== true) return
    this.#total--
    if (waiting.readers.size === 0) this.#waiting.delete(message)
  }

  /** The message will not come, and need not. */
  excused(message: number): void {
    this.#total -= this.#waiting.get(message)?.readers.size ?? 0
    this.#waiting.delete(message)
  }

  /** A client closed, or stopped reading for good: it must get nothing more, and what it sent and has not read itself need not arrive. */
  gone(client: number): void {
    for (const channel of this.#joinedBy.get(client) ?? []) this.#members.get(channel)?.delete(client)
    this.#joinedBy.delete(client)
    for (const [message, { sender, hasOwnCopy }] of this.#waiting) {
      if (sender === client && !hasOwnCopy) this.excused(message)
      else this.read(client, message)
    }
  }

  /** Nobody waits for anything any more. */
  forget(): void {
    this.#waiting.clear()
    this.#total = 0
  }
}
