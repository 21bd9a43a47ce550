/**
 * Who has what: for every channel a bit per member and message, and for every message how many full-speed members have it and when the
 * last one got it. Taking a delivery sets a bit and writes two numbers; it makes no object and looks nothing up in a hash table.
 *
 * A connection must have only messages that were due after its join was acknowledged (so sent after it, too); `mustFromUs` says since when.
 */
import type { Plan } from '../scenario/plan.ts'
import type { LocalMemberships } from './memberships.ts'
import { MESSAGE_MUST, type MessageTable } from './message-table.ts'
import { MAX_WORKERS } from './worker-count.ts'

/** Open model: room for the probes at the end of a run. Closed model: the first size, which doubles as messages come. */
const SPARE_SEQUENCES = MAX_WORKERS
/** About 160 billion deliveries; more would not be a run but a mistake. */
const MAX_LEDGER_WORDS = 2 ** 31 / 4

export const TAKEN_NEW = 0
export const TAKEN_AGAIN = 1
export const TAKEN_STRAY = 2
/** A message number that nobody can have sent. */
export const TAKEN_UNKNOWN = 3
export type Taken = typeof TAKEN_NEW | typeof TAKEN_AGAIN | typeof TAKEN_STRAY | typeof TAKEN_UNKNOWN

export interface ChannelLedger {
  /** Messages that there is room for. */
  capacity: number
  rowWords: number
  /** One row a local member: bit `sequence` is set once the member has read that message. */
  bits: Uint32Array
  /** How many full-speed members of this worker have the message, and when the last of them read it (µs since the start). */
  received: Uint32Array
  lastUs: Float64Array
  readonly members: readonly number[]
}

/** Deliveries side by side, as a read brought them. */
export interface DeliveryRun {
  readonly channels: Int32Array
  readonly sequences: Int32Array
  readonly duesUs: Float64Array
}

/** What one member must have and lacks. */
export interface MemberBalance {
  expected: number
  /** Sequences that are missing. */
  readonly missing: number[]
}

export class Ledger {
  readonly channels: readonly ChannelLedger[]
  /** Per user (number of the whole run): messages due after this must be had; Infinity while nothing must. */
  readonly mustFromUs: Float64Array
  readonly #memberships: LocalMemberships
  readonly #maxSequence: number

  constructor(plan: Plan, memberships: LocalMemberships) {
    this.#memberships = memberships
    this.#maxSequence = plan.closed === null ? 0 : 2 ** 24
    this.mustFromUs = new Float64Array(plan.users).fill(Infinity)
    this.channels = plan.channelNames.map((_, channel) => {
      const capacity = (plan.channelMessageCounts[channel] ?? 0) + SPARE_SEQUENCES
      const members = memberships.membersOf(channel)
      const rowWords = (capacity + 31) >>> 5
      return {
        capacity,
        rowWords,
        bits: new Uint32Array(rowWords * members.length),
        received: new Uint32Array(capacity),
        lastUs: new Float64Array(capacity),
        members,
      }
    })
  }

  /** Takes one delivery. `counts` is false for readers who are not held to full speed: they only get their bit. */
  take(user: number, channel: number, sequence: number, dueUs: number, nowUs: number, counts: boolean): Taken {
    const row = this.#memberships.rowOf(user, channel)
    if (row < 0) return TAKEN_STRAY
    const ledger = this.channels[channel]
    if (ledger === undefined) return TAKEN_UNKNOWN
    if (sequence >= ledger.capacity && !this.#makeRoom(ledger, sequence)) return TAKEN_UNKNOWN
    const word = row * ledger.rowWords + (sequence >>> 5)
    const bit = 1 << (sequence & 31)
    const bits = ledger.bits[word] ?? 0
    if ((bits & bit) !== 0) return TAKEN_AGAIN
    ledger.bits[word] = bits | bit
    if (counts && dueUs > (this.mustFromUs[user] ?? Infinity)) {
      ledger.received[sequence] = (ledger.received[sequence] ?? 0) + 1
      // A damaged body is given its message only later, with the time at which it was read.
      if (nowUs > (ledger.lastUs[sequence] ?? 0)) ledger.lastUs[sequence] = nowUs
    }
    return TAKEN_NEW
  }

  /**
   * Takes deliveries `first` to `end` (exclusive) of a list for as long as each is new and there is room for it; returns the index of the one
   * at which that ends, which is not taken. Most reads are such a run from beginning to end, and what a run has in common is looked up once.
   */
  takeRun(user: number, from: DeliveryRun, first: number, end: number, nowUs: number, counts: boolean): number {
    const { channels, sequences, duesUs } = from
    const mustFromUs = counts ? (this.mustFromUs[user] ?? Infinity) : Infinity
    let at = first
    while (at < end) {
      const channel = channels[at] ?? 0
      const row = this.#memberships.rowOf(user, channel)
      const ledger = this.channels[channel]
      if (row < 0 || ledger === undefined) return at
      const { capacity, bits, received, lastUs } = ledger
      const rowAt = row * ledger.rowWords
      do {
        const sequence = sequences[at] ?? 0
        if (sequence >= capacity) return at
        const word = rowAt + (sequence >>> 5)
        const bit = 1 << (sequence & 31)
        const had = bits[word] ?? 0
        if ((had & bit) !== 0) return at
        bits[word] = had | bit
        if ((duesUs[at] ?? 0) > mustFromUs) {
          received[sequence] = (received[sequence] ?? 0) + 1
          if (nowUs > (lastUs[sequence] ?? 0)) lastUs[sequence] = nowUs
        }
        at++
      } while (at < end && channels[at] === channel)
    }
    return end
  }

  has(user: number, channel: number, sequence: number): boolean {
    const row = this.#memberships.rowOf(user, channel)
    const ledger = this.channels[channel]
    if (row < 0 || ledger === undefined || sequence >= ledger.capacity) return false
    return (((ledger.bits[row * ledger.rowWords + (sequence >>> 5)] ?? 0) >>> (sequence & 31)) & 1) === 1
  }

  /** A new connection of this user begins: what an earlier one had read does not make a duplicate. */
  forget(user: number, channels: Iterable<number>): void {
    for (const channel of channels) {
      const row = this.#memberships.rowOf(user, channel)
      const ledger = this.channels[channel]
      if (row >= 0 && ledger !== undefined) ledger.bits.fill(0, row * ledger.rowWords, (row + 1) * ledger.rowWords)
    }
  }

  #makeRoom(ledger: ChannelLedger, sequence: number): boolean {
    if (sequence > this.#maxSequence) return false
    const capacity = Math.max(ledger.capacity * 2, sequence + 1)
    const rowWords = (capacity + 31) >>> 5
    if (rowWords * ledger.members.length > MAX_LEDGER_WORDS) return false
    const bits = new Uint32Array(rowWords * ledger.members.length)
    for (let row = 0; row < ledger.members.length; row++) {
      bits.set(ledger.bits.subarray(row * ledger.rowWords, (row + 1) * ledger.rowWords), row * rowWords)
    }
    const received = new Uint32Array(capacity)
    received.set(ledger.received)
    const lastUs = new Float64Array(capacity)
    lastUs.set(ledger.lastUs)
    Object.assign(ledger, { capacity, rowWords, bits, received, lastUs })
    return true
  }
}

/** The messages of one channel that the rule of delivery applies to, as a bit mask with due times; made from the merged table. */
export interface ChannelSends {
  readonly mask: Uint32Array
  /** Sent at all, whatever became of it. */
  readonly sent: Uint32Array
  readonly dueUs: Float64Array
  readonly firstDueUs: number
}

export function sendsByChannel(table: MessageTable, channels: number): ChannelSends[] {
  const highest = new Int32Array(channels).fill(-1)
  for (let i = 0; i < table.count; i++) {
    const channel = table.channel[i] ?? 0
    highest[channel] = Math.max(highest[channel] ?? -1, table.sequence[i] ?? 0)
  }
  const sends = Array.from(highest, last => ({
    mask: new Uint32Array((last + 32) >>> 5),
    sent: new Uint32Array((last + 32) >>> 5),
    dueUs: new Float64Array(last + 1),
    firstDueUs: Infinity,
  }))
  for (let i = 0; i < table.count; i++) {
    const send = sends[table.channel[i] ?? 0]
    if (send === undefined) continue
    const sequence = table.sequence[i] ?? 0
    const dueUs = table.dueUs[i] ?? 0
    const bit = 1 << (sequence & 31)
    send.sent[sequence >>> 5] = (send.sent[sequence >>> 5] ?? 0) | bit
    send.dueUs[sequence] = dueUs
    if (table.state[i] !== MESSAGE_MUST) continue
    send.mask[sequence >>> 5] = (send.mask[sequence >>> 5] ?? 0) | bit
    send.firstDueUs = Math.min(send.firstDueUs, dueUs)
  }
  return sends
}

/** What the member in `row` must have, and which of it is missing. `mustFromUs`: see Ledger. */
export function balanceOf(ledger: ChannelLedger, row: number, sends: ChannelSends, mustFromUs: number): MemberBalance {
  const balance: MemberBalance = { expected: 0, missing: [] }
  const all = sends.firstDueUs > mustFromUs
  for (let word = 0; word < sends.mask.length; word++) {
    let wanted = sends.mask[word] ?? 0
    if (!all) wanted &= dueAfter(sends, word, mustFromUs)
    if (wanted === 0) continue
    balance.expected += bitCount(wanted)
    const have = word < ledger.rowWords ? (ledger.bits[row * ledger.rowWords + word] ?? 0) : 0
    for (let missing = wanted & ~have; missing !== 0; missing &= missing - 1) {
      balance.missing.push(word * 32 + (31 - Math.clz32(missing & -missing)))
    }
  }
  return balance
}

/** Bits that the member has of messages that nobody sent. */
export function phantomsOf(ledger: ChannelLedger, row: number, sends: ChannelSends): number {
  let phantoms = 0
  for (let word = 0; word < ledger.rowWords; word++) {
    phantoms += bitCount((ledger.bits[row * ledger.rowWords + word] ?? 0) & ~(sends.sent[word] ?? 0))
  }
  return phantoms
}

function dueAfter(sends: ChannelSends, word: number, mustFromUs: number): number {
  let mask = 0
  for (let bit = 0; bit < 32; bit++) if ((sends.dueUs[word * 32 + bit] ?? -1) > mustFromUs) mask |= 1 << bit
  return mask
}

function bitCount(value: number): number {
  let bits = value - ((value >>> 1) & 0x55555555)
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333)
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}
