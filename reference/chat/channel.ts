/**
 * A channel: its name, its members, and what was sent to it since the last flush.
 *
 * The members are those of the moment: a message that waits for the end of the turn goes to whoever is a member then, so that
 * nothing can reach a connection after it left.
 */
export class Channel<Member> {
  readonly name: string
  readonly members = new Set<Member>()
  /** Messages, already encoded as JSON, that wait for the end of this turn of the event loop. */
  private pending: string[] | undefined
  private encodedStart: string | undefined

  constructor(name: string) {
    this.name = name
  }

  /** Encodes a message once, however many members there are, and keeps it until `takePending`. Returns its length in UTF-16 units. */
  collect(body: string): number {
    this.encodedStart ??= `{"type":"message","channel":${JSON.stringify(this.name)},"body":`
    const text = `${this.encodedStart}${JSON.stringify(body)}}`
    if (this.pending === undefined) this.pending = [text]
    else this.pending.push(text)
    return text.length
  }

  get hasPending(): boolean {
    return this.pending !== undefined
  }

  /** Hands over what was collected, in the order in which it came. */
  takePending(): readonly string[] {
    const texts = this.pending ?? []
    this.pending = undefined
    return texts
  }
}
