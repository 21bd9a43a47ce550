/** One client that asks one node for one thing after the other, and knows what every answer has to be. */
import type { CheckEvidence } from '../../record/check-record.ts'
import type { EvidenceEvent } from '../../record/run-record.ts'
import type { KvAnswer } from '../../wire/kv-client.ts'
import type { CheckFinding } from '../check.ts'
import { bytesText, differenceText } from './bytes-text.ts'
import { insist } from './insist.ts'
import type { KvCheckContext } from './kv-check.ts'
import type { KvUser } from './kv-user.ts'

const STORED = 204
const SHOWN_EVENTS = 8
const SHOWN_KEY = 60

/** An answer that no right store gives, with the steps that led to it. */
export class WrongAnswerError extends Error {
  override readonly name = 'WrongAnswerError'
  readonly evidence: CheckEvidence

  constructor(evidence: CheckEvidence) {
    super(evidence.text)
    this.evidence = evidence
  }
}

/** What a check makes of a conversation: its own finding, or the wrong answer that ended it. */
export async function findingOf(talk: () => Promise<CheckFinding>): Promise<CheckFinding> {
  try {
    return await talk()
  } catch (error) {
    if (!(error instanceof WrongAnswerError)) throw error
    return { outcome: 'fail', reason: error.message, evidence: [error.evidence] }
  }
}

export class Conversation {
  readonly #context: KvCheckContext
  readonly #user: KvUser
  readonly #events = new Map<string, EvidenceEvent[]>()
  readonly #startMs: number
  /** Requests that were answered. */
  requests = 0

  constructor(context: KvCheckContext, user: KvUser) {
    this.#context = context
    this.#user = user
    this.#startMs = context.nowMs()
  }

  async put(key: string, value: Uint8Array | string): Promise<void> {
    const bytes = Buffer.from(value)
    this.#note(key, 'send', `PUT ${bytesText(bytes)}`)
    const answer = await this.#insist(`PUT ${keyText(key)}`, () => this.#user.write(key, bytes))
    this.#expectStored(key, `the PUT of ${bytesText(bytes)}`, answer)
  }

  async delete(key: string): Promise<void> {
    this.#note(key, 'send', 'DELETE')
    const answer = await this.#insist(`DELETE ${keyText(key)}`, () => this.#user.delete(key))
    this.#expectStored(key, 'the DELETE', answer)
  }

  /** Expects exactly these bytes, or, with `null`, 404. */
  async get(key: string, expected: Uint8Array | string | null): Promise<void> {
    const answer = await this.#insist(`GET ${keyText(key)}`, () => this.#user.read(key))
    const bytes = expected === null ? null : Buffer.from(expected)
    if (answer.outcome === 'refused') this.#wrong(key, 'unavailable', `Expected GET to say ${wantedText(bytes)}, got ${answer.reason}`)
    if (bytes === null) {
      if (answer.outcome === 'absent') return this.#note(key, 'read', 'GET: 404')
      const isBack = (this.#events.get(key) ?? []).some(({ text }) => text === 'DELETE')
      this.#wrong(key, isBack ? 'resurrected' : 'corrupted', `Expected GET to say 404, got 200 with ${bytesText(answer.body)}`)
    } else {
      if (answer.outcome === 'absent') this.#wrong(key, 'lost', `Expected GET to return ${bytesText(bytes)}, got 404`)
      if (bytes.equals(answer.body)) return this.#note(key, 'read', `GET: ${bytesText(bytes)}`)
      this.#wrong(key, 'corrupted', `Expected GET to return ${bytesText(bytes)}, got ${differenceText(bytes, answer.body)}`)
    }
  }

  async #insist(what: string, ask: () => Promise<KvAnswer>): Promise<KvAnswer> {
    const { patience, nowMs } = this.#context
    const answer = await insist(patience, nowMs, `${what} of node ${this.#user.node.name}`, ask)
    this.requests++
    return answer
  }

  #expectStored(key: string, what: string, { status, outcome, reason }: KvAnswer): void {
    if (status === STORED) return this.#note(key, 'note', '204')
    const got = outcome === 'ok' ? `${status}` : reason
    this.#wrong(key, outcome === 'ok' ? 'garbled' : 'unavailable', `Expected ${what} to be answered with 204, got ${got}`)
  }

  #note(key: string, kind: EvidenceEvent['kind'], text: string): void {
    const events = this.#events.get(key) ?? []
    this.#events.set(key, events)
    events.push({ lane: this.#user.name, atMs: Math.round((this.#context.nowMs() - this.#startMs) * 10) / 10, kind, text })
  }

  #wrong(key: string, kind: CheckEvidence['kind'], text: string): never {
    this.#note(key, 'wrong', text)
    const events = (this.#events.get(key) ?? []).slice(-SHOWN_EVENTS)
    throw new WrongAnswerError({ kind, text: `Key ${keyText(key)}: ${text}.`, lanes: [this.#user.name], events, occurrences: 1 })
  }
}

function wantedText(bytes: Buffer | null): string {
  return bytes === null ? '404' : '200'
}

function keyText(key: string): string {
  const text = JSON.stringify(key)
  return text.length > SHOWN_KEY ? `${text.slice(0, SHOWN_KEY)}… (${Buffer.byteLength(key)} bytes)` : text
}
