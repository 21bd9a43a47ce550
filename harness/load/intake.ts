/**
 * The receiving side of a worker, its hot path: from the bytes a user read to bits, counters and histograms. Bytes that were verified once
 * are recognised by comparison; nothing here is made anew for a delivery.
 */
import type { Buffer } from 'node:buffer'
import { LatencyCounts } from '../record/latency-counts.ts'
import type { Plan } from '../scenario/plan.ts'
import { DeliveryDecoder, type OddMessage } from '../wire/delivery-decoder.ts'
import { DeliveryList } from '../wire/delivery-list.ts'
import type { BodyText, Header } from '../wire/payload.ts'
import { VerifiedBytes } from '../wire/verified-bytes.ts'
import { Anomalies, type AnomalyKind } from './anomalies.ts'
import { attributeDamaged, type DamagedDelivery } from './damaged-body.ts'
import type { MessageTable } from './message-table.ts'
import type { GeneratorWatch } from './generator-watch.ts'
import { LatencyGrid } from './latency-grid.ts'
import { type Ledger, TAKEN_AGAIN, TAKEN_NEW, TAKEN_STRAY } from './ledger.ts'
import type { ScheduleTime } from './schedule-time.ts'

/** What the intake needs to know of the user whose bytes it takes, and tells it. */
export interface Reader {
  readonly index: number
  readonly cohort: number
  /** The user has read its own copy of a message. */
  ownCopy(): void
  reply(fields: Readonly<Record<string, unknown>>): void
}

export interface IntakeParts {
  readonly plan: Plan
  readonly ledger: Ledger
  readonly time: ScheduleTime
  readonly text: BodyText
  readonly watch: GeneratorWatch
  /** Microseconds since the schedule's start. */
  readonly nowUs: () => number
  /** A read has completed, at this time; what it holds is not taken yet. */
  onRead(nowUs: number): void
}

/** Damaged bodies kept to be told apart later; a server that damages more is beyond exact counting. */
const MAX_DAMAGED_KEPT = 2000
const MAX_SHOWN = 60

export class Intake {
  readonly anomalies = new Anomalies()
  /** Deliveries of messages held to the SLA to full-speed readers. */
  readonly latency = new LatencyCounts()
  readonly cohortLatency: readonly LatencyCounts[]
  readonly cohortDeliveries: Float64Array
  readonly cohortDuplicated: Float64Array
  readonly grid: LatencyGrid
  deliveries = 0
  /** Deliveries of the probes at the end of a run, which are in no other count. */
  probeDeliveries = 0
  lastReadUs = 0
  /** The end of the schedule: what is due later is a probe. */
  readonly scheduleUs: number

  readonly #parts: IntakeParts
  readonly #decoder: DeliveryDecoder
  readonly #verified = new VerifiedBytes()
  #damaged: DamagedDelivery[] = []
  /** When the read at hand completed. */
  #readUs = 0

  constructor(parts: IntakeParts) {
    const { plan, text } = parts
    this.#parts = parts
    this.scheduleUs = plan.scheduleMs * 1000
    this.#decoder = new DeliveryDecoder(plan.channelNames, text)
    this.grid = new LatencyGrid(plan.scheduleMs)
    this.cohortLatency = plan.cohorts.map(() => new LatencyCounts())
    this.cohortDeliveries = new Float64Array(plan.cohorts.length)
    this.cohortDuplicated = new Float64Array(plan.cohorts.length)
  }

  /** A read has completed: all that is in it counts as read now. Call before everything else that comes of it. */
  beginRead(): void {
    this.#readUs = this.#parts.nowUs()
    this.#parts.onRead(this.#readUs)
  }

  /** Takes the messages at `start` that were verified before; returns the index behind them. */
  takeKnown(reader: Reader, bytes: Buffer, start: number, end: number): number {
    const verified = this.#verified
    const length = verified.find(bytes, start, end)
    if (length > 0) this.#takeDeliveries(reader, verified, verified.foundAt, verified.foundEnd)
    return start + length
  }

  /** Takes a message that is not known: `bytes[start..end)`, with its framing `bytes[frameStart..frameEnd)` (-1 where it came in pieces). */
  takeMessage(reader: Reader, bytes: Buffer, start: number, end: number, frameStart: number, frameEnd: number): void {
    const { clean, odd } = this.#decoder
    this.#decoder.decode(bytes, start, end)
    if (odd.length === 0 && frameStart >= 0) this.#verified.remember(bytes, frameStart, frameEnd, clean)
    this.#takeDeliveries(reader, clean, 0, clean.count)
    for (const message of odd) this.#takeOdd(reader, message)
  }

  /** Finds out which messages the damaged bodies were, now that it is known what was sent. */
  attributeDamaged(table: MessageTable): void {
    const { ledger, text } = this.#parts
    this.#damaged = attributeDamaged(this.#damaged, table, ledger, text, dueUs => {
      if (dueUs < this.scheduleUs) return
      this.deliveries--
      this.probeDeliveries++
    })
  }

  garbled(reader: Reader, text: string): void {
    this.#note('garbled', reader, text, null)
  }

  #takeDeliveries(reader: Reader, from: DeliveryList | VerifiedBytes, first: number, end: number): void {
    if (first === end) return
    const { ledger, watch } = this.#parts
    const user = reader.index
    const isFullSpeed = reader.cohort === 0
    const now = this.#readUs
    this.lastReadUs = now
    // Those who read slowly still have what was sent before a server stopped: what they read does not show that it goes on.
    if (isFullSpeed) watch.read(now, end - first)
    let at = first
    while (at < end) {
      const runEnd = ledger.takeRun(user, from, at, end, now, isFullSpeed)
      this.#measure(reader, from, at, runEnd)
      at = runEnd
      if (at < end) this.#takeSingle(reader, from, at++)
    }
  }

  /** A delivery that is no usual one: room has to be made for it, or something is wrong with it. */
  #takeSingle(reader: Reader, from: DeliveryList | VerifiedBytes, at: number): void {
    const { channels, sequences, senders, duesUs } = from
    const [channel, sequence, dueUs] = [channels[at] ?? 0, sequences[at] ?? 0, duesUs[at] ?? 0]
    const taken = this.#parts.ledger.take(reader.index, channel, sequence, dueUs, this.#readUs, reader.cohort === 0)
    if (taken === TAKEN_NEW) this.#measure(reader, from, at, at + 1)
    else this.#takeWrong(reader, taken, channel, sequence, senders[at] ?? 0, dueUs)
  }

  /** Deliveries `first` to `end` (exclusive), all of them new. */
  #measure(reader: Reader, from: DeliveryList | VerifiedBytes, first: number, end: number): void {
    const { senders, duesUs } = from
    const { cohort, index } = reader
    const { ledger, time } = this.#parts
    const { grid, scheduleUs } = this
    const now = this.#readUs
    const mustFromUs = ledger.mustFromUs[index] ?? Infinity
    const latency = cohort === 0 ? this.latency : this.cohortLatency[cohort]
    let probes = 0
    for (let i = first; i < end; i++) {
      const dueUs = duesUs[i] ?? 0
      if (dueUs >= scheduleUs) probes++
      else if (cohort !== 0) {
        if (time.isHeld(dueUs)) latency?.record(now - dueUs)
      } else if (dueUs > mustFromUs) {
        grid.record(dueUs, now - dueUs)
        if (time.isHeld(dueUs)) latency?.record(now - dueUs)
      }
      if (senders[i] === index) reader.ownCopy()
    }
    const measured = end - first - probes
    this.probeDeliveries += probes
    this.deliveries += measured
    this.cohortDeliveries[cohort] = (this.cohortDeliveries[cohort] ?? 0) + measured
  }

  #takeWrong(reader: Reader, taken: number, channel: number, sequence: number, sender: number, dueUs: number): void {
    const message = { channel, sequence, sender, dueUs }
    const name = this.#nameOf(channel)
    if (taken === TAKEN_AGAIN) {
      this.deliveries++
      this.cohortDuplicated[reader.cohort] = (this.cohortDuplicated[reader.cohort] ?? 0) + 1
      this.#note('duplicated', reader, `read message ${sequence} of ${name} again`, message)
    } else if (taken === TAKEN_STRAY) {
      this.deliveries++
      this.#note('misdelivered', reader, `read message ${sequence} of ${name}, a channel it never joined`, message)
    } else {
      this.#note('corrupted', reader, `read a message with number ${sequence} of ${name}, which nobody can have sent`, message)
    }
  }

  #takeOdd(reader: Reader, odd: OddMessage): void {
    switch (odd.kind) {
      case 'reply':
        reader.reply(odd.reply)
        return
      case 'garbled':
        this.#note('garbled', reader, `read ${JSON.stringify(odd.text)}, which is not the protocol`, null)
        return
      case 'label':
        this.#takeMislabelled(reader, odd)
        return
      case 'body':
        this.#takeDamaged(reader, odd.label, odd.body, odd.header)
        return
      case 'unknown':
        this.#takeDamaged(reader, odd.label, odd.body, null)
    }
  }

  /** The right message under a wrong channel's name: it is this message that was misdelivered, and it is not lost besides. */
  #takeMislabelled(reader: Reader, odd: Extract<OddMessage, { kind: 'label' }>): void {
    const { channel, sequence, sender, dueUs } = odd.header
    if (dueUs >= this.scheduleUs) this.probeDeliveries++
    else this.deliveries++
    this.#parts.ledger.take(reader.index, channel, sequence, dueUs, this.#parts.nowUs(), reader.cohort === 0)
    const text = `read message ${sequence} of ${this.#nameOf(channel)} under the name ${JSON.stringify(odd.label)}`
    this.#note('misdelivered', reader, text, { channel, sequence, sender, dueUs })
    if (sender === reader.index) reader.ownCopy()
  }

  #takeDamaged(reader: Reader, label: string, body: string, header: Header | null): void {
    this.deliveries++
    const text = `read a body in ${JSON.stringify(label.slice(0, MAX_SHOWN))} that differs from what was sent: ${JSON.stringify(body.slice(0, MAX_SHOWN))}`
    this.#note('corrupted', reader, text, null)
    const channel = this.#parts.plan.channelNames.indexOf(label)
    if (channel < 0 || this.#damaged.length >= MAX_DAMAGED_KEPT) return
    this.#damaged.push({ user: reader.index, counts: reader.cohort === 0, channel, header, body, readUs: this.#readUs })
  }

  #nameOf(channel: number): string {
    return this.#parts.plan.channelNames[channel] ?? `channel ${channel}`
  }

  #note(
    kind: AnomalyKind,
    reader: Reader,
    text: string,
    message: { channel: number; sequence: number; sender: number; dueUs: number } | null,
  ): void {
    this.anomalies.add({ kind, user: reader.index, atMs: this.#parts.nowUs() / 1000, text, message })
  }
}
