/**
 * Which message was it, when the bytes that would tell are damaged? Of those still missing at this user, the one whose body is nearest to
 * what came. So one damaged byte counts as one corrupted delivery, and not as a lost one besides. This can wait until all workers have
 * told what they sent.
 */
import { Buffer } from 'node:buffer'
import { type BodyText, type Header, HEADER_BYTES, writeBody } from '../wire/payload.ts'
import type { Ledger } from './ledger.ts'
import type { MessageTable } from './message-table.ts'

const MAX_DIFFERENT_BYTES = 6
/** A message may be this late and still be looked for. */
const LOOK_BACK_US = 60_000_000
const MAX_CANDIDATES = 50_000
/** Workers' clocks agree to a few microseconds. */
const CLOCK_SLACK_US = 1000

/** A delivery whose body nobody sent. */
export interface DamagedDelivery {
  readonly user: number
  /** A reader at full speed. */
  readonly counts: boolean
  readonly channel: number
  /** What the body says of itself, where that can still be read. */
  readonly header: Header | null
  readonly body: string
  readonly readUs: number
}

/**
 * Gives each damaged delivery its message, where one can be told, and its bit in the ledger; `found` is told when that was due. Returns
 * those that stay unknown.
 */
export function attributeDamaged(
  damaged: readonly DamagedDelivery[],
  table: MessageTable,
  ledger: Ledger,
  text: BodyText,
  found: (dueUs: number) => void,
): DamagedDelivery[] {
  return damaged.filter(delivery => {
    const byHeader = rowByHeader(delivery, table, ledger)
    const row = byHeader < 0 ? nearestMissing(delivery, table, ledger, text) : byHeader
    if (row < 0) return true
    const { user, channel, readUs, counts } = delivery
    const dueUs = table.dueUs[row] ?? 0
    ledger.take(user, channel, table.sequence[row] ?? 0, dueUs, readUs, counts)
    found(dueUs)
    return false
  })
}

/** The row that the header names, or -1 where it cannot be right: no such message, or one that the user has. */
function rowByHeader({ user, channel, header }: DamagedDelivery, table: MessageTable, ledger: Ledger): number {
  if (header === null || header.channel !== channel || ledger.has(user, channel, header.sequence)) return -1
  for (let row = table.count - 1; row >= 0; row--) {
    if (table.channel[row] !== channel || table.sequence[row] !== header.sequence) continue
    return table.sender[row] === header.sender && table.dueUs[row] === header.dueUs ? row : -1
  }
  return -1
}

/** A row of the table, or -1 where none is near, or two are equally so. */
function nearestMissing({ user, channel, body, readUs }: DamagedDelivery, table: MessageTable, ledger: Ledger, text: BodyText): number {
  const damaged = Buffer.from(body)
  if (damaged.length < HEADER_BYTES) return -1
  const expected = Buffer.allocUnsafe(damaged.length)
  let best = -1
  let least = MAX_DIFFERENT_BYTES + 1
  for (let row = table.count - 1, looked = 0; row >= 0 && looked < MAX_CANDIDATES; row--) {
    const dueUs = table.dueUs[row] ?? 0
    if (table.channel[row] !== channel || (table.callUs[row] ?? 0) > readUs + CLOCK_SLACK_US || dueUs < readUs - LOOK_BACK_US) continue
    const sequence = table.sequence[row] ?? 0
    if (ledger.has(user, channel, sequence)) continue
    looked++
    writeBody(expected, 0, { channel, sequence, sender: table.sender[row] ?? 0, dueUs }, damaged.length, text)
    const different = differentBytes(expected, damaged, least)
    if (different > least || different > MAX_DIFFERENT_BYTES) continue
    best = different === least ? -1 : row
    least = different
  }
  return best
}

/** Stops counting once it is more than `most`. */
function differentBytes(a: Buffer, b: Buffer, most: number): number {
  let different = 0
  for (let i = 0; i < a.length && different <= most; i++) if (a[i] !== b[i]) different++
  return different
}
