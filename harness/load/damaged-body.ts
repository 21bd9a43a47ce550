/**
 * Which message was it, when the bytes that would tell are the damaged ones? Of those still missing at this user, the one whose body
 * is of the same length and nearest to it. So one damaged byte counts as one corrupted delivery, and not as a lost one besides.
 */
import { Buffer } from 'node:buffer'
import type { Plan } from '../scenario/plan.ts'
import { type BodyText, type Header, HEADER_BYTES, writeBody } from '../wire/payload.ts'
import type { Ledger } from './ledger.ts'

const MAX_DIFFERENT_BYTES = 6
/** A message may be this late and still be looked for. */
const LOOK_BACK_US = 30_000_000
const MAX_CANDIDATES = 20_000

interface Places {
  readonly plan: Plan
  readonly ledger: Ledger
  readonly text: BodyText
  readonly nowUs: () => number
}

/** The message, or `null` where none or more than one fits, or the model is closed and the plan does not know. */
export function findDamaged({ plan, ledger, text, nowUs }: Places, user: number, label: string, body: string): Header | null {
  const channel = plan.channelNames.indexOf(label)
  if (channel < 0 || plan.closed !== null) return null
  const damaged = Buffer.from(body)
  const expected = Buffer.allocUnsafe(damaged.length)
  const { messages } = plan
  const now = nowUs()
  let best: Header | null = null
  let least = MAX_DIFFERENT_BYTES + 1
  let isTie = false
  for (let i = lastDue(messages.dueMs, now / 1000), looked = 0; i >= 0 && looked < MAX_CANDIDATES; i--) {
    const dueUs = Math.round((messages.dueMs[i] ?? 0) * 1000)
    if (dueUs < now - LOOK_BACK_US) break
    if (messages.channel[i] !== channel || Math.max(HEADER_BYTES, messages.bodyBytes[i] ?? 0) !== damaged.length) continue
    looked++
    const sequence = messages.sequence[i] ?? 0
    if (ledger.has(user, channel, sequence)) continue
    const header = { channel, sequence, sender: messages.sender[i] ?? 0, dueUs }
    writeBody(expected, 0, header, damaged.length, text)
    const different = differentBytes(expected, damaged, least)
    if (different > least || different > MAX_DIFFERENT_BYTES) continue
    isTie = different === least
    least = different
    best = header
  }
  return isTie ? null : best
}

function lastDue(dueMs: Float64Array, nowMs: number): number {
  let low = 0
  let high = dueMs.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((dueMs[middle] ?? 0) <= nowMs) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** Stops counting once it is more than `most`. */
function differentBytes(a: Buffer, b: Buffer, most: number): number {
  let different = 0
  for (let i = 0; i < a.length && different <= most; i++) if (a[i] !== b[i]) different++
  return different
}
