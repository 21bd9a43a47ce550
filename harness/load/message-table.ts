/**
 * The messages of a run, side by side in typed arrays: what each worker sent, merged by the coordinator and handed back to all workers, so
 * that each can tell for its own receivers which of them must have what.
 */
export interface MessageTable {
  readonly count: number
  readonly channel: Int32Array
  readonly sequence: Int32Array
  readonly sender: Int32Array
  /** When the message was due, and when it was handed to the socket: microseconds since the schedule's start. */
  readonly dueUs: Float64Array
  readonly callUs: Float64Array
  /** One of MESSAGE_*. */
  readonly state: Uint8Array
}

/** The rule of delivery applies in full. */
export const MESSAGE_MUST = 0
/** The server said that it dropped it (`shed`, `error`) where the scenario allows that: nobody must have it. */
export const MESSAGE_SHED = 1
/** Its sender's connection ended before the sender had read its own copy: nobody must have it. */
export const MESSAGE_SENDER_LEFT = 2

const FIRST_CAPACITY = 1024

/** A table that grows while messages are sent. */
export class GrowingMessageTable implements MessageTable {
  count = 0
  channel = new Int32Array(FIRST_CAPACITY)
  sequence = new Int32Array(FIRST_CAPACITY)
  sender = new Int32Array(FIRST_CAPACITY)
  dueUs = new Float64Array(FIRST_CAPACITY)
  callUs = new Float64Array(FIRST_CAPACITY)
  state = new Uint8Array(FIRST_CAPACITY)

  /** Adds a message that was just sent; returns its row. */
  push(channel: number, sequence: number, sender: number, dueUs: number, callUs: number): number {
    const row = this.count
    if (row === this.channel.length) this.#grow()
    this.channel[row] = channel
    this.sequence[row] = sequence
    this.sender[row] = sender
    this.dueUs[row] = dueUs
    this.callUs[row] = callUs
    this.state[row] = MESSAGE_MUST
    this.count++
    return row
  }

  #grow(): void {
    const capacity = this.channel.length * 2
    const { channel, sequence, sender, dueUs, callUs, state } = this
    this.channel = new Int32Array(capacity)
    this.channel.set(channel)
    this.sequence = new Int32Array(capacity)
    this.sequence.set(sequence)
    this.sender = new Int32Array(capacity)
    this.sender.set(sender)
    this.dueUs = new Float64Array(capacity)
    this.dueUs.set(dueUs)
    this.callUs = new Float64Array(capacity)
    this.callUs.set(callUs)
    this.state = new Uint8Array(capacity)
    this.state.set(state)
  }
}

/** A copy without spare room, fit to be sent to another thread. */
export function trimTable(table: MessageTable): MessageTable {
  const { count } = table
  return {
    count,
    channel: table.channel.slice(0, count),
    sequence: table.sequence.slice(0, count),
    sender: table.sender.slice(0, count),
    dueUs: table.dueUs.slice(0, count),
    callUs: table.callUs.slice(0, count),
    state: table.state.slice(0, count),
  }
}

export function mergeTables(tables: readonly MessageTable[]): MessageTable {
  const count = tables.reduce((sum, table) => sum + table.count, 0)
  const merged = {
    count,
    channel: new Int32Array(count),
    sequence: new Int32Array(count),
    sender: new Int32Array(count),
    dueUs: new Float64Array(count),
    callUs: new Float64Array(count),
    state: new Uint8Array(count),
  }
  let at = 0
  for (const table of tables) {
    merged.channel.set(table.channel.subarray(0, table.count), at)
    merged.sequence.set(table.sequence.subarray(0, table.count), at)
    merged.sender.set(table.sender.subarray(0, table.count), at)
    merged.dueUs.set(table.dueUs.subarray(0, table.count), at)
    merged.callUs.set(table.callUs.subarray(0, table.count), at)
    merged.state.set(table.state.subarray(0, table.count), at)
    at += table.count
  }
  return merged
}
