/** A node that is ended while it is written to, started again and read: what it had acknowledged has to be there. */
import { CandidateFault } from '../../candidate/fault.ts'
import { judgeHeld } from '../../judge/kv-convergence.ts'
import { evidenceOfStore } from '../../judge/kv-evidence.ts'
import { stepsByKey, type KvStep } from '../../judge/kv-steps.ts'
import { shown, type KvViolation } from '../../judge/kv-violation.ts'
import type { CheckEvidence } from '../../record/check-record.ts'
import type { KvEvent } from '../../record/kv-history.ts'
import type { EvidenceEvent } from '../../record/run-record.ts'
import type { CheckFinding } from '../check.ts'
import { insist } from './insist.ts'
import type { KvCluster } from './cluster.ts'
import type { KvCheckContext } from './kv-check.ts'
import type { KvNode } from './kv-node.ts'
import type { KvUser } from './kv-user.ts'
import { LARGEST_VALUE_BYTES, oddKey, oddValue } from './odd-data.ts'
import { randomBytes } from './random-bytes.ts'

const WRITERS = 8
/** Of large values, so many at once. */
const LARGE_WRITERS = 4
/** Between two writes of one writer: enough to be in the middle of something at any moment, few enough to be read again. */
const WRITER_PAUSE_MS = 10
const REQUEST_TIMEOUT_MS = 5000
/** A store that answers 503 for so long while its peers are down is one that needs them. */
const ALONE_MS = 5000
const PROBE_PAUSE_MS = 100
const TEXT_KEY = 60
const TAIL_CHARACTERS = 600

export interface TrialTerms {
  readonly context: KvCheckContext
  readonly cluster: KvCluster
  /** `alone`: its PEERS are empty. `peers down`: it has peers, which are ended with it and start after it. */
  readonly mode: 'alone' | 'peers down'
  /** How its nodes are ended. */
  readonly end: (node: KvNode) => Promise<unknown>
  /** The same in words, e.g. `kill -9`. */
  readonly endText: string
}

/** What came of one end and restart; `null` where all was there. */
export type TrialFinding = Pick<CheckFinding, 'outcome' | 'reason' | 'evidence'> | null

export class RestartTrial {
  readonly #terms: TrialTerms
  readonly #node: KvNode
  readonly #users: readonly KvUser[]
  /** Keys that hold what has to be found again. */
  readonly #keys = new Set<string>()
  /** Keys that are written up to the end: whatever is found has to be whole. */
  #restless = new Set<string>()
  #needsPeers = false
  #marks = 0
  ends = 0

  constructor(terms: TrialTerms) {
    this.#terms = terms
    const [node] = terms.cluster.nodes
    if (node === undefined) throw new Error('Expected a cluster to have a node.')
    this.#node = node
    this.#users = Array.from({ length: WRITERS }, () => terms.context.user(node, { timeoutMs: REQUEST_TIMEOUT_MS }))
  }

  get keys(): number {
    return this.#keys.size
  }

  /** Sets so many new keys; the first time also one of the largest value. */
  async add(count: number): Promise<void> {
    const { context } = this.#terms
    const [user] = this.#users
    if (this.#keys.size === 0 && user !== undefined)
      await this.#write(user, context.freshKey('large'), randomBytes(context.random, LARGEST_VALUE_BYTES))
    await this.#spread(
      Array.from({ length: count }, (_, place) => oddKey(this.#terms.context.freshKey('kept'), place)),
      async (user, key) => await this.#write(user, key),
    )
  }

  /** Overwrites and deletes some of those that are there; of those that are deleted, every other one is overwritten just before. */
  async change(overwritten: number, deleted: number): Promise<void> {
    const left = [...this.#keys]
    const take = (count: number): string[] =>
      Array.from({ length: Math.min(count, left.length) }, () => left.splice(this.#terms.context.random.below(left.length), 1)[0] ?? '')
    const toOverwrite = take(overwritten)
    const toDelete = take(deleted)
    const toOverwriteFirst = new Set(toDelete.slice(0, toDelete.length / 2))
    await this.#spread(toDelete, async (user, key) => {
      if (toOverwriteFirst.has(key)) await this.#write(user, key)
      await this.#delete(user, key)
    })
    await this.#spread(toOverwrite, async (user, key) => await this.#write(user, key))
  }

  /** Writes so many bytes over a few keys, in the largest values, unless that takes too long; they too have to be found again. */
  async overwriteLarge(bytes: number, withinMs: number): Promise<void> {
    const { context } = this.#terms
    const endMs = context.nowMs() + withinMs
    let left = Math.ceil(bytes / LARGEST_VALUE_BYTES)
    await Promise.all(
      this.#users.slice(0, LARGE_WRITERS).map(async user => {
        const key = context.freshKey('large')
        for (; left > 0 && context.nowMs() < endMs; left--) await this.#write(user, key, Buffer.alloc(LARGEST_VALUE_BYTES, this.#mark()))
      }),
    )
  }

  /**
   * Writes on until the returned function is called, which resolves once the last answer is in. `kept`: what is acknowledged has to be found
   * again, however late it was; otherwise it only has to be whole.
   */
  writeOn(kept: boolean): () => Promise<void> {
    const { context } = this.#terms
    const over = new AbortController()
    const wanted = kept ? this.#keys : this.#restless
    const loops = this.#users.map(async (user, at) => {
      for (let place = at; !over.signal.aborted && this.#node.state === 'running'; place++) {
        const key = context.freshKey(kept ? 'late' : 'restless')
        const { outcome } = await user.write(key, oddValue(context.random, this.#mark(), place, true))
        wanted.add(key)
        if (outcome !== 'ok') break
        if (place % 5 === 0 && (await user.delete(key)).outcome !== 'ok') break
        await context.patience.pause(WRITER_PAUSE_MS)
      }
    })
    // Whoever stops the writing hears of what went wrong with it; until then nobody does.
    for (const loop of loops) loop.catch(() => undefined)
    return async () => {
      over.abort()
      await Promise.all(loops)
    }
  }

  /** Ends the node, and its peers with it; returns once all are gone. */
  async endAll(): Promise<void> {
    this.ends++
    const { cluster, end } = this.#terms
    await Promise.all(cluster.nodes.map(end))
  }

  /** Starts it again, its peers later, and reads every key. `readyMs`: how long it may take until it serves. */
  async restartAndRead(readyMs = this.#terms.context.readyMs): Promise<TrialFinding> {
    const { cluster, mode } = this.#terms
    if (this.#needsPeers) await Promise.all(cluster.others(this.#node).map(async peer => await cluster.launch(peer)))
    await cluster.launch(this.#node)
    const failed = await this.#waitUntilServing(readyMs)
    if (failed !== null) return failed
    const found = await this.#readAll()
    if (found === null && mode === 'peers down') await cluster.start()
    return found
  }

  async #waitUntilServing(readyMs: number): Promise<TrialFinding> {
    const { cluster, mode, context } = this.#terms
    try {
      const mayNeedPeers = mode === 'peers down' && !this.#needsPeers
      const isReady = await this.#node.ready(mayNeedPeers ? Math.max(ALONE_MS, Math.min(readyMs, 2 * ALONE_MS)) : readyMs)
      if (isReady && (mode === 'alone' || (await this.#answersWithin(mayNeedPeers ? ALONE_MS : readyMs)))) return null
      if (!mayNeedPeers) return this.#notBack(`it did not answer GET /health with 200 within ${readyMs / 1000} s`)
      this.#needsPeers = true
      await cluster.start()
      const isBack = (await this.#node.ready()) && (await this.#answersWithin(context.readyMs))
      return isBack ? null : this.#notBack('it did not serve even with its peers up')
    } catch (error) {
      if (!(error instanceof CandidateFault) || isAddressInUse(error)) throw error
      return this.#notBack(error.message)
    }
  }

  /** Some say 200 to /health and 503 to requests: what counts is whether it answers those. */
  async #answersWithin(ms: number): Promise<boolean> {
    const [key] = this.#keys
    const [user] = this.#users
    if (key === undefined || user === undefined) return true
    const { nowMs, patience } = this.#terms.context
    for (const endMs = nowMs() + ms; ;) {
      const { outcome } = await user.read(key)
      if (outcome !== 'unavailable' && outcome !== 'pending') return true
      if (nowMs() >= endMs) return false
      await patience.pause(PROBE_PAUSE_MS)
    }
  }

  #notBack(why: string): TrialFinding {
    const { endText } = this.#terms
    const reason = `After ${endText} number ${this.ends} node ${this.#node.name} did not come back: ${why}`
    const tail = this.#node.server.output().trim().slice(-TAIL_CHARACTERS)
    const lane = `node ${this.#node.name}`
    const events: EvidenceEvent[] = [
      { lane, atMs: null, kind: 'close', text: `${endText} number ${this.ends}` },
      { lane, atMs: null, kind: 'note', text: 'is started again with the same DATA_DIR' },
      { lane, atMs: null, kind: 'wrong', text: tail === '' ? why : `says last: ${tail}` },
    ]
    return { outcome: 'fail', reason, evidence: [{ kind: 'crash', text: reason, lanes: [lane], events, occurrences: 1 }] }
  }

  async #readAll(): Promise<TrialFinding> {
    const reads = new Map<string, KvStep>()
    await this.#spread([...this.#keys, ...this.#restless], async (user, key) => {
      const read = await this.#read(user, key)
      if (read !== null) reads.set(key, read)
    })
    const { clients, operations, events } = this.#terms.context.recorder.history()
    const steps = stepsByKey({ clients, events, operations: operations.filter(({ key }) => reads.has(key)) })
    const wrong = [...reads].flatMap(([key, read]) => this.#judged(key, read, steps.get(key) ?? []))
    this.#restless = new Set()
    const [first] = wrong.toSorted((a, b) => a.violation.steps.length - b.violation.steps.length)
    return first === undefined ? null : this.#lossOf(first, wrong.length)
  }

  #judged(key: string, read: KvStep, steps: readonly KvStep[]): { key: string; violation: KvViolation }[] {
    const violation = judgeHeld(read, steps, { hasOneNode: this.#terms.cluster.nodes.length === 1 })
    if (violation === null || (this.#restless.has(key) && violation.kind !== 'invented')) return []
    return [{ key, violation }]
  }

  #lossOf({ key, violation }: { key: string; violation: KvViolation }, occurrences: number): TrialFinding {
    const { mode, endText, context } = this.#terms
    const read = violation.steps.findLast(({ kind }) => kind === 'read')
    const later = violation.steps.findLast(({ kind }) => kind !== 'read')
    const where = mode === 'alone' ? 'alone' : 'in a cluster whose peers were down'
    const name = JSON.stringify(key)
    const got = `after ${endText} number ${this.ends} (${where}) node ${this.#node.name} returned ${clipped(shown(read?.value ?? null))}`
    const had = later === undefined || violation.kind === 'invented' ? 'which nobody had written' : `though ${this.#acknowledged(later)}`
    const text = `Key ${name.length > TEXT_KEY ? `${name.slice(0, TEXT_KEY)}…` : name}: ${got}, ${had}.`
    const kind = violation.kind === 'superseded' ? (read?.value === null ? 'lost' : 'stale') : undefined
    const evidence = evidenceOfStore([violation]).map(one => ({
      ...withNodeEvents(one, violation.steps, context.recorder.events, this.#node.name),
      text,
      occurrences,
      kind: kind ?? one.kind,
    }))
    const more = occurrences === 1 ? '' : ` So it was with ${occurrences} keys.`
    return { outcome: 'fail', reason: text + more, evidence }
  }

  #acknowledged(write: KvStep): string {
    const what = write.kind === 'delete' ? 'its delete' : clipped(shown(write.value))
    const endMs = this.#terms.context.recorder.events.findLast(
      ({ node, kind }) => node === this.#node.name && (kind === 'killed' || kind === 'terminated'),
    )?.atMs
    if (endMs === undefined || write.doneAtMs === null) return `${what} had been acknowledged`
    return `${what} had been acknowledged ${((endMs - write.doneAtMs) / 1000).toFixed(1)} s before it`
  }

  async #read(user: KvUser, key: string): Promise<KvStep | null> {
    const { patience, nowMs } = this.#terms.context
    let last: KvStep | null = null
    await insist(patience, nowMs, `GET of ${JSON.stringify(key)} of node ${this.#node.name}`, async () => {
      const { record, answer } = await user.readRecorded(key)
      const { value, callAtMs, endedAtMs } = record
      const isAnswer = answer.outcome === 'ok' || answer.outcome === 'absent'
      last = isAnswer ? { client: user.index, node: this.#node.name, life: 0, kind: 'read', value, callAtMs, doneAtMs: endedAtMs } : null
      return answer
    })
    return last
  }

  /** A key that is refused is no key of this store: other checks say so. */
  async #write(user: KvUser, key: string, value = this.#value(key)): Promise<void> {
    const { context } = this.#terms
    const what = `PUT of ${JSON.stringify(key)} of node ${this.#node.name}`
    const { outcome } = await insist(context.patience, context.nowMs, what, async () => await user.write(key, value))
    if (outcome === 'ok') this.#keys.add(key)
  }

  async #delete(user: KvUser, key: string): Promise<void> {
    const { patience, nowMs } = this.#terms.context
    await insist(patience, nowMs, `DELETE of ${JSON.stringify(key)} of node ${this.#node.name}`, async () => await user.delete(key))
  }

  /** All writers at once, each with its share. */
  async #spread(keys: readonly string[], act: (user: KvUser, key: string) => Promise<void>): Promise<void> {
    await Promise.all(
      this.#users.map(async (user, at) => {
        for (let place = at; place < keys.length; place += this.#users.length) await act(user, keys[place] ?? '')
      }),
    )
  }

  #value(key: string): Buffer {
    return oddValue(this.#terms.context.random, this.#mark(), this.#marks, !this.#keys.has(key))
  }

  #mark(): string {
    return `m${(this.#marks++).toString(36)}.`
  }
}

/** When the node was ended and started between the first and the last step, in a lane of its own. */
function withNodeEvents(evidence: CheckEvidence, steps: readonly KvStep[], events: readonly KvEvent[], node: string): CheckEvidence {
  const startMs = Math.min(...steps.map(({ callAtMs }) => callAtMs))
  const endMs = Math.max(...steps.map(({ doneAtMs }) => doneAtMs ?? startMs))
  const lane = `node ${node}`
  const own = events
    .filter(event => event.node === node && event.kind !== 'started' && event.atMs >= startMs && event.atMs <= endMs)
    .map(({ atMs, kind, text }): EvidenceEvent => ({
      lane,
      atMs: Math.round((atMs - startMs) * 10) / 10,
      kind: kind === 'serving' ? 'note' : 'close',
      text,
    }))
  const all = [...evidence.events, ...own].toSorted((a, b) => (a.atMs ?? Infinity) - (b.atMs ?? Infinity))
  return { ...evidence, lanes: [...evidence.lanes, lane], events: all }
}

function isAddressInUse({ output }: CandidateFault): boolean {
  return /EADDRINUSE|address already in use/i.test(output)
}

function clipped(text: string): string {
  return text.length > TEXT_KEY ? `${text.slice(0, TEXT_KEY)}…` : text
}
