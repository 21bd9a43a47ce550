/**
 * Remembers server output that was decoded and verified in full, so that the same bytes read again, by the next receiver of the same
 * messages, need a comparison instead of a parse. The comparison covers every byte, so this is as exact as parsing each copy; it is what
 * makes accounting for every delivery cheaper than parsing one in a hundred.
 *
 * What is remembered is a log, in the order in which it was first read: whole messages with their framing, one behind the other. Members of
 * a channel get the same messages in much the same order, so once a receiver's bytes are found in the log, the comparison runs on through
 * as many messages as are alike. A message is found by its header's bytes, at the place in it where headers were seen before.
 */
import { Buffer } from 'node:buffer'
import type { DeliveryList } from './delivery-list.ts'
import { HEADER_BYTES, isHeaderMark, LAST_SEQUENCE_DIGIT } from './payload.ts'

const RING_BYTES = 8 * 1024 * 1024
const RING_ENTRIES = 64 * 1024
const RING_DELIVERIES = 64 * 1024
/** Larger ones are rare and would push everything else out of the ring. */
const MAX_ENTRY_BYTES = 1024 * 1024
const MAX_ENTRY_DELIVERIES = RING_DELIVERIES / 4
const TABLE_SIZE = 64 * 1024
/** Places in a message where its first header was seen; channel names of different lengths and batches make a few. */
const MAX_OFFSETS = 6
const COMPARE_BLOCK_BYTES = 4096
const MAX_RUN_ENTRIES = 16 * 1024

export class VerifiedBytes {
  /** What `find` found: entries `foundAt` to `foundEnd` (exclusive) of these. */
  readonly channels = new Int32Array(RING_DELIVERIES)
  readonly sequences = new Int32Array(RING_DELIVERIES)
  readonly senders = new Int32Array(RING_DELIVERIES)
  readonly duesUs = new Float64Array(RING_DELIVERIES)
  foundAt = 0
  foundEnd = 0

  readonly #bytes = Buffer.allocUnsafeSlow(RING_BYTES)
  /** Positions ever written; the place in a ring is the position modulo its size, and what is in it lives until the ring has gone round. */
  #bytesWritten = 0
  #deliveriesWritten = 0
  #entriesWritten = 0
  readonly #bytesAt = new Float64Array(RING_ENTRIES)
  readonly #lengths = new Int32Array(RING_ENTRIES)
  readonly #deliveriesAt = new Float64Array(RING_ENTRIES)
  readonly #counts = new Int32Array(RING_ENTRIES)
  /** 1 where the entry lies right behind the one before it, in both rings. */
  readonly #followsOn = new Uint8Array(RING_ENTRIES)
  /** From a hash of a header to the position of its entry, plus one. */
  readonly #table = new Float64Array(TABLE_SIZE)
  readonly #offsets: number[] = []
  /**
   * What was found last, while nothing was remembered since (length 0: nothing): where it is in the ring of bytes, the last of its entries,
   * and which of its bytes tells it from its like. `foundAt` and `foundEnd` are still its deliveries.
   */
  #lastAt = 0
  #lastLength = 0
  #lastEntry = 0
  #lastMark = 0

  /**
   * How many bytes from `start` on are messages that are remembered, whole ones only; 0 where the first is not. Their deliveries are then
   * those from `foundAt` to `foundEnd`.
   */
  find(bytes: Buffer, start: number, end: number): number {
    const length = this.#isFoundAgain(bytes, start, end) ? this.#lastLength : this.#findFirst(bytes, start, end)
    if (length === 0 || length === end - start) return length
    return length + this.#runOn(bytes, start + length, end)
  }

  /** One member of a channel after the other reads the same: what was found last is tried first, in one comparison. */
  #isFoundAgain(bytes: Buffer, start: number, end: number): boolean {
    const [length, at, mark] = [this.#lastLength, this.#lastAt, this.#lastMark]
    if (length === 0 || length > end - start || bytes[start + mark] !== this.#bytes[at + mark]) return false
    return bytes.compare(this.#bytes, at, at + length, start, start + length) === 0
  }

  /** The length of the message that begins at `start`, or 0. */
  #findFirst(bytes: Buffer, start: number, end: number): number {
    this.#lastLength = 0
    const entry = this.#lookUp(bytes, start, end)
    if (entry < 0) return 0
    const slot = entry % RING_ENTRIES
    const at = (this.#bytesAt[slot] ?? 0) % RING_BYTES
    const length = this.#lengths[slot] ?? 0
    if (length > end - start || !equalBytes(bytes, start, this.#bytes, at, length)) return 0
    this.foundAt = (this.#deliveriesAt[slot] ?? 0) % RING_DELIVERIES
    this.foundEnd = this.foundAt + (this.#counts[slot] ?? 0)
    this.#lastAt = at
    this.#lastLength = length
    this.#lastEntry = entry
    return length
  }

  /** Remembers that the message with its framing, `bytes[start..end)`, holds exactly these deliveries, all of them clean. */
  remember(bytes: Buffer, start: number, end: number, deliveries: DeliveryList): void {
    const length = end - start
    const { count } = deliveries
    if (length > MAX_ENTRY_BYTES || count > MAX_ENTRY_DELIVERIES || count === 0) return
    const hash = this.#learn(bytes, start, end)
    if (hash < 0) return
    this.#lastLength = 0
    const bytesAt = contiguous(this.#bytesWritten, length, RING_BYTES)
    const deliveriesAt = contiguous(this.#deliveriesWritten, count, RING_DELIVERIES)
    const followsOn =
      bytesAt === this.#bytesWritten &&
      deliveriesAt === this.#deliveriesWritten &&
      bytesAt % RING_BYTES !== 0 &&
      deliveriesAt % RING_DELIVERIES !== 0
    this.#bytesWritten = bytesAt
    this.#deliveriesWritten = deliveriesAt
    const slot = this.#entriesWritten % RING_ENTRIES
    this.#bytesAt[slot] = this.#bytesWritten
    this.#lengths[slot] = length
    this.#deliveriesAt[slot] = this.#deliveriesWritten
    this.#counts[slot] = count
    this.#followsOn[slot] = followsOn ? 1 : 0
    this.#table[hash] = this.#entriesWritten + 1
    bytes.copy(this.#bytes, this.#bytesWritten % RING_BYTES, start, end)
    this.#keep(deliveries, this.#deliveriesWritten % RING_DELIVERIES)
    this.#bytesWritten += length
    this.#deliveriesWritten += count
    this.#entriesWritten++
  }

  #keep(deliveries: DeliveryList, at: number): void {
    for (let i = 0; i < deliveries.count; i++) {
      this.channels[at + i] = deliveries.channels[i] ?? 0
      this.sequences[at + i] = deliveries.sequences[i] ?? 0
      this.senders[at + i] = deliveries.senders[i] ?? 0
      this.duesUs[at + i] = deliveries.duesUs[i] ?? 0
    }
  }

  /** The position of the entry that may begin at `start`, or -1. */
  #lookUp(bytes: Buffer, start: number, end: number): number {
    for (const offset of this.#offsets) {
      const at = start + offset
      if (at + HEADER_BYTES > end || !isHeaderMark(bytes, at)) continue
      const entry = (this.#table[hashOfHeader(bytes, at)] ?? 0) - 1
      if (entry < 0 || !this.#lives(entry)) continue
      this.#lastMark = offset + LAST_SEQUENCE_DIGIT
      return entry
    }
    return -1
  }

  #lives(entry: number): boolean {
    if (entry < this.#entriesWritten - RING_ENTRIES) return false
    const slot = entry % RING_ENTRIES
    return (
      (this.#bytesAt[slot] ?? 0) >= this.#bytesWritten - RING_BYTES &&
      (this.#deliveriesAt[slot] ?? 0) >= this.#deliveriesWritten - RING_DELIVERIES
    )
  }

  /** Goes on comparing with the entries behind those found; returns how many more bytes are whole messages, which then are found too. */
  #runOn(bytes: Buffer, start: number, end: number): number {
    const at = this.#lastAt + this.#lastLength
    const written = this.#bytesWritten - this.#positionOf(this.#lastEntry) - (this.#lengths[this.#lastEntry % RING_ENTRIES] ?? 0)
    const room = Math.min(end - start, written, RING_BYTES - at)
    if (room <= 0) return 0
    const alike = commonLength(bytes, start, this.#bytes, at, room)
    const most = Math.min(this.#entriesWritten - this.#lastEntry - 1, MAX_RUN_ENTRIES)
    let slot = (this.#lastEntry + 1) & (RING_ENTRIES - 1)
    let entries = 0
    let run = 0
    let deliveries = 0
    for (; entries < most && this.#followsOn[slot] === 1; entries++) {
      const length = this.#lengths[slot] ?? 0
      if (run + length > alike) break
      run += length
      deliveries += this.#counts[slot] ?? 0
      slot = (slot + 1) & (RING_ENTRIES - 1)
    }
    this.foundEnd += deliveries
    this.#lastLength += run
    this.#lastEntry += entries
    return run
  }

  #positionOf(entry: number): number {
    return this.#bytesAt[entry % RING_ENTRIES] ?? 0
  }

  /** The hash under which a message is remembered, its header's place noted for look-ups; -1 where no header is to be seen in it. */
  #learn(bytes: Buffer, start: number, end: number): number {
    const offset =
      this.#offsets.find(known => start + known + HEADER_BYTES <= end && isHeaderMark(bytes, start + known)) ?? newOffset(bytes, start, end)
    if (offset < 0) return -1
    if (!this.#offsets.includes(offset)) {
      this.#offsets.unshift(offset)
      this.#offsets.length = Math.min(this.#offsets.length, MAX_OFFSETS)
    }
    return hashOfHeader(bytes, start + offset)
  }
}

function newOffset(bytes: Buffer, start: number, end: number): number {
  for (let at = start; at + HEADER_BYTES <= end; at++) if (isHeaderMark(bytes, at)) return at - start
  return -1
}

/** The position itself, or the beginning of the ring's next round where `size` would not fit before its end. */
function contiguous(position: number, size: number, ring: number): number {
  const place = position % ring
  return place + size > ring ? position + ring - place : position
}

/** Channel and sequence alone tell messages apart; a collision only costs a parse. */
function hashOfHeader(bytes: Buffer, at: number): number {
  let hash = 0x811c9dc5
  for (let i = at + 2; i < at + 10; i++) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193)
  return ((hash ^ (hash >>> 15)) >>> 0) % TABLE_SIZE
}

function equalBytes(a: Buffer, aStart: number, b: Buffer, bStart: number, length: number): boolean {
  return commonLength(a, aStart, b, bStart, length) === length
}

/** How many bytes are alike, up to `length`: whole blocks by native comparison, the block in which they differ byte by byte. */
function commonLength(a: Buffer, aStart: number, b: Buffer, bStart: number, length: number): number {
  let alike = 0
  while (alike < length) {
    const block = Math.min(COMPARE_BLOCK_BYTES, length - alike)
    if (block >= NATIVE_FROM_BYTES && a.compare(b, bStart + alike, bStart + alike + block, aStart + alike, aStart + alike + block) === 0) {
      alike += block
      continue
    }
    const until = alike + block
    while (alike < until && a[aStart + alike] === b[bStart + alike]) alike++
    if (alike < until) return alike
  }
  return alike
}
const NATIVE_FROM_BYTES = 64
