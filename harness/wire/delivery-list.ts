/** Deliveries side by side in typed arrays: one list is filled, read and cleared over and over, so that receiving makes no objects. */
const FIRST_CAPACITY = 64

export class DeliveryList {
  channels = new Int32Array(FIRST_CAPACITY)
  sequences = new Int32Array(FIRST_CAPACITY)
  senders = new Int32Array(FIRST_CAPACITY)
  /** Microseconds since the schedule's start. */
  duesUs = new Float64Array(FIRST_CAPACITY)
  count = 0

  push(channel: number, sequence: number, sender: number, dueUs: number): void {
    if (this.count === this.channels.length) this.#grow(this.count * 2)
    this.channels[this.count] = channel
    this.sequences[this.count] = sequence
    this.senders[this.count] = sender
    this.duesUs[this.count] = dueUs
    this.count++
  }

  append(other: DeliveryList): void {
    for (let i = 0; i < other.count; i++) {
      this.push(other.channels[i] ?? 0, other.sequences[i] ?? 0, other.senders[i] ?? 0, other.duesUs[i] ?? 0)
    }
  }

  #grow(capacity: number): void {
    this.channels = copyInto(new Int32Array(capacity), this.channels)
    this.sequences = copyInto(new Int32Array(capacity), this.sequences)
    this.senders = copyInto(new Int32Array(capacity), this.senders)
    this.duesUs = copyInto(new Float64Array(capacity), this.duesUs)
  }
}

function copyInto<T extends Int32Array | Float64Array>(target: T, source: T): T {
  target.set(source)
  return target
}
