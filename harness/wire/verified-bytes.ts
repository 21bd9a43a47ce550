/**
 * Remembers bytes that were decoded and verified in full, so that the same bytes read again, by the next receiver of the same messages,
 * need one comparison instead of a parse. The comparison covers every byte, so this is as exact as parsing each copy; it is what makes
 * accounting for every delivery cheaper than parsing one in a hundred.
 *
 * A direct-mapped table over two rings, of bytes and of deliveries: what is overwritten is simply decoded again.
 */
import { Buffer } from 'node:buffer'
import type { DeliveryList } from './delivery-list.ts'

const RING_BYTES = 8 * 1024 * 1024
const RING_DELIVERIES = 256 * 1024
/** Larger reads are rare and would push everything else out of the ring. */
const MAX_ENTRY_BYTES = RING_BYTES / 4
const MAX_ENTRY_DELIVERIES = RING_DELIVERIES / 4
const TABLE_SIZE = 8192

export class VerifiedBytes {
  /** What `find` found: entries `foundAt` to `foundEnd` (exclusive) of these. */
  readonly channels = new Int32Array(RING_DELIVERIES)
  readonly sequences = new Int32Array(RING_DELIVERIES)
  readonly senders = new Int32Array(RING_DELIVERIES)
  readonly duesUs = new Float64Array(RING_DELIVERIES)
  foundAt = 0
  foundEnd = 0

  readonly #bytes = Buffer.allocUnsafeSlow(RING_BYTES)
  /** Positions ever written; the place in a ring is the position modulo its size, and an entry lives until the ring has gone round. */
  #bytesWritten = 0
  #deliveriesWritten = 0
  readonly #entryBytesAt = new Float64Array(TABLE_SIZE)
  readonly #entryLength = new Int32Array(TABLE_SIZE)
  readonly #entryDeliveriesAt = new Float64Array(TABLE_SIZE)
  readonly #entryCount = new Int32Array(TABLE_SIZE)

  /** True when exactly these bytes were remembered. */
  find(bytes: Buffer, start: number, end: number): boolean {
    const length = end - start
    const slot = slotOf(bytes, start, length)
    if (this.#entryLength[slot] !== length) return false
    const bytesAt = this.#entryBytesAt[slot] ?? 0
    const deliveriesAt = this.#entryDeliveriesAt[slot] ?? 0
    if (bytesAt < this.#bytesWritten - RING_BYTES || deliveriesAt < this.#deliveriesWritten - RING_DELIVERIES) return false
    const at = bytesAt % RING_BYTES
    if (bytes.compare(this.#bytes, at, at + length, start, end) !== 0) return false
    this.foundAt = deliveriesAt % RING_DELIVERIES
    this.foundEnd = this.foundAt + (this.#entryCount[slot] ?? 0)
    return true
  }

  /** Remembers that `bytes[start..end)` hold exactly these deliveries, all of them clean. */
  remember(bytes: Buffer, start: number, end: number, deliveries: DeliveryList): void {
    const length = end - start
    const count = deliveries.count
    if (length > MAX_ENTRY_BYTES || count > MAX_ENTRY_DELIVERIES) return
    const slot = slotOf(bytes, start, length)
    this.#bytesWritten = contiguous(this.#bytesWritten, length, RING_BYTES)
    this.#deliveriesWritten = contiguous(this.#deliveriesWritten, count, RING_DELIVERIES)
    this.#entryBytesAt[slot] = this.#bytesWritten
    this.#entryLength[slot] = length
    this.#entryDeliveriesAt[slot] = this.#deliveriesWritten
    this.#entryCount[slot] = count
    bytes.copy(this.#bytes, this.#bytesWritten % RING_BYTES, start, end)
    const at = this.#deliveriesWritten % RING_DELIVERIES
    for (let i = 0; i < count; i++) {
      this.channels[at + i] = deliveries.channels[i] ?? 0
      this.sequences[at + i] = deliveries.sequences[i] ?? 0
      this.senders[at + i] = deliveries.senders[i] ?? 0
      this.duesUs[at + i] = deliveries.duesUs[i] ?? 0
    }
    this.#bytesWritten += length
    this.#deliveriesWritten += count
  }
}

/** The position itself, or the beginning of the ring's next round where `size` would not fit before its end. */
function contiguous(position: number, size: number, ring: number): number {
  const place = position % ring
  return place + size > ring ? position + ring - place : position
}

/** A few samples spread over the bytes tell messages apart well enough; a collision only costs a parse. */
function slotOf(bytes: Buffer, start: number, length: number): number {
  let hash = Math.imul(length, 0x9e3779b1)
  const step = (length >>> 3) | 1
  for (let at = start + (step >>> 1), i = 0; i < 8 && at < start + length; i++, at += step) {
    hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193)
  }
  for (let at = start + Math.max(0, length - 14), last = start + length; at < last; at++)
    hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193)
  return (hash ^ (hash >>> 15)) & (TABLE_SIZE - 1)
}
