/**
 * What has not come though it should have, while a run goes on. Whether it is lost is known only at the end, when things are quiet; until then a
 * delivery is overdue once its message was sent so long ago that anyone would have given it up. Each worker tells which of its own messages have
 * become so old, and each looks which of its own readers lack them: two numbers a message are compared, and no reader's bits.
 */
import type { Plan } from '../scenario/plan.ts'
import type { Ledger } from './ledger.ts'
import { MESSAGE_MUST, type MessageTable } from './message-table.ts'

/** Deliveries later than this are overdue even where the SLA is stricter: a pause that the server is free to make ends sooner. */
const OVERDUE_US = 5_000_000
/** Messages that are looked at again and again, as somebody lacks them. Where there are more, the count says too little. */
const MAX_WATCHED = 5000
/** Readers that one look may go through one by one, some 1 ms: it takes its time from the sockets. What is left then is counted by a later look. */
const MAX_VISITS = 200_000

/** Messages that everyone should have by now, side by side. */
export interface OldMessages {
  readonly channel: Int32Array
  readonly sequence: Int32Array
  readonly dueUs: Float64Array
}

export class OverdueWatch {
  readonly #ledger: Ledger
  readonly #readers: readonly (readonly number[])[]
  readonly #overdueUs: number
  /** Rows of the table of sent messages that were told. */
  #told = 0
  /** The messages that somebody may lack. */
  readonly #channels = new Int32Array(MAX_WATCHED)
  readonly #sequences = new Int32Array(MAX_WATCHED)
  readonly #duesUs = new Float64Array(MAX_WATCHED)
  #watched = 0
  /** Of each channel, as of the look whose number stands beside it: how many readers must have what is due after the last of them came. */
  readonly #heldAtLook: Uint32Array
  readonly #held: Uint32Array
  readonly #lastCameUs: Float64Array
  #look = 0
  /** Left of them in this look. */
  #visits = 0

  constructor({ cohortOf }: Pick<Plan, 'cohortOf'>, ledger: Ledger, slaMs: number) {
    const { length } = ledger.channels
    this.#ledger = ledger
    this.#readers = ledger.channels.map(({ members }) => members.filter(user => cohortOf[user] === 0))
    this.#overdueUs = Math.max(OVERDUE_US, slaMs * 1000)
    this.#heldAtLook = new Uint32Array(length)
    this.#held = new Uint32Array(length)
    this.#lastCameUs = new Float64Array(length)
  }

  /** The messages of this worker that have become old since the last call. */
  takeOld(table: MessageTable, nowUs: number): OldMessages {
    const first = this.#told
    while (this.#told < table.count && (table.callUs[this.#told] ?? 0) < nowUs - this.#overdueUs) this.#told++
    const channel = new Int32Array(this.#told - first)
    const sequence = new Int32Array(this.#told - first)
    const dueUs = new Float64Array(this.#told - first)
    let count = 0
    for (let row = first; row < this.#told; row++) {
      if (table.state[row] !== MESSAGE_MUST) continue
      channel[count] = table.channel[row] ?? 0
      sequence[count] = table.sequence[row] ?? 0
      dueUs[count++] = table.dueUs[row] ?? 0
    }
    return { channel: channel.slice(0, count), sequence: sequence.slice(0, count), dueUs: dueUs.slice(0, count) }
  }

  /** Takes messages that have become old, whichever worker sent them. */
  add({ channel, sequence, dueUs }: OldMessages): void {
    const count = Math.min(channel.length, MAX_WATCHED - this.#watched)
    this.#channels.set(channel.subarray(0, count), this.#watched)
    this.#sequences.set(sequence.subarray(0, count), this.#watched)
    this.#duesUs.set(dueUs.subarray(0, count), this.#watched)
    this.#watched += count
  }

  /**
   * Deliveries of old messages that full-speed readers of this worker lack; never too many. What a reader had who has left since still counts, so
   * that where somebody left it may be too few.
   */
  count(): number {
    this.#look++
    this.#visits = MAX_VISITS
    let overdue = 0
    let kept = 0
    for (let at = 0; at < this.#watched; at++) {
      const channel = this.#channels[at] ?? 0
      const sequence = this.#sequences[at] ?? 0
      const dueUs = this.#duesUs[at] ?? 0
      const lacking = this.#lacking(channel, sequence, dueUs)
      // Nobody loses what they have, and nobody comes to owe an old message: what is whole once need not be looked at again.
      if (lacking !== null && lacking <= 0) continue
      overdue += lacking ?? 0
      this.#channels[kept] = channel
      this.#sequences[kept] = sequence
      this.#duesUs[kept++] = dueUs
    }
    this.#watched = kept
    return overdue
  }

  /** `null` where that would take more visits than are left. */
  #lacking(channel: number, sequence: number, dueUs: number): number | null {
    const had = this.#ledger.channels[channel]?.received[sequence] ?? 0
    const readers = this.#readers[channel] ?? []
    if (had >= readers.length) return 0
    if (this.#heldAtLook[channel] !== this.#look) this.#lookAt(channel)
    if (dueUs > (this.#lastCameUs[channel] ?? 0)) return (this.#held[channel] ?? 0) - had
    this.#visits -= readers.length
    if (this.#visits < 0) return null
    const { mustFromUs } = this.#ledger
    let held = 0
    for (const user of readers) if (dueUs > (mustFromUs[user] ?? Infinity)) held++
    return held - had
  }

  #lookAt(channel: number): void {
    const { mustFromUs } = this.#ledger
    let held = 0
    let lastUs = -Infinity
    for (const user of this.#readers[channel] ?? []) {
      const fromUs = mustFromUs[user] ?? Infinity
      if (fromUs === Infinity) continue
      held++
      if (fromUs > lastUs) lastUs = fromUs
    }
    this.#heldAtLook[channel] = this.#look
    this.#held[channel] = held
    this.#lastCameUs[channel] = lastUs
  }
}
