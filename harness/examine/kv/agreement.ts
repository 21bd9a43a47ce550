/** Waits until all nodes hold the same, right values; and says what is wrong where they do not in time. */
import type { KvHistoryRecorder } from '../../record/kv-history-recorder.ts'
import { judgeConvergence, judgeSame } from '../../judge/kv-convergence.ts'
import { evidenceOfStore } from '../../judge/kv-evidence.ts'
import { stepsByKey, type KvStep } from '../../judge/kv-steps.ts'
import type { SupersededRule } from '../../judge/kv-superseded.ts'
import type { KvViolation } from '../../judge/kv-violation.ts'
import type { CheckEvidence } from '../../record/check-record.ts'
import type { CheckFinding } from '../check.ts'
import { failure } from '../late-finding.ts'
import type { Patience } from '../patience.ts'
import type { KvUser } from './kv-user.ts'
import { watchLag, type LagWatch } from './lag-watch.ts'

export interface AgreementGround {
  readonly recorder: KvHistoryRecorder
  readonly patience: Patience
  readonly nowMs: () => number
}

export interface Agreement {
  /** What was wrong at the end, by key; empty where all is right. */
  readonly violations: ReadonlyMap<string, KvViolation>
  /** Nodes that did not answer at the end, by name. */
  readonly silent: readonly string[]
  /** From the call until all was right, or it was given up. */
  readonly tookMs: number
}

export interface AgreementTerms extends SupersededRule {
  /** How long the nodes have, in ms from now; and so much longer as this machine holds us up meanwhile. */
  readonly withinMs: number
  /** All nodes have to hold the same, whatever it is: for keys whose writes are in no history. */
  readonly onlySame?: boolean
}

interface Found {
  readonly finals: Map<string, KvStep[]>
  readonly silent: Set<string>
}

/** Added to every deadline of the contract: what this process and a busy machine may take of it. */
export const GRACE_MS = 500
const LOOK_EVERY_MS = 50
const READ_TIMEOUT_MS = 3000
/** A node that answers with refusals at the end is asked again for so long. */
const REFUSAL_MS = 5000
const READS_AT_ONCE = 16

/** One reader a node. Keys that are right are not looked at again. */
export async function agree(
  ground: AgreementGround,
  readers: readonly KvUser[],
  keys: readonly string[],
  terms: AgreementTerms,
): Promise<Agreement> {
  const lag = watchLag(ground.nowMs)
  try {
    return await look(ground, readers, keys, { ...terms, lag })
  } finally {
    lag.end()
  }
}

async function look(
  ground: AgreementGround,
  readers: readonly KvUser[],
  keys: readonly string[],
  terms: AgreementTerms & { readonly lag: LagWatch },
): Promise<Agreement> {
  const startMs = ground.nowMs()
  const deadlineMs = (): number => startMs + terms.withinMs + GRACE_MS + terms.lag.totalMs()
  let left = keys
  for (;;) {
    const isLast = ground.nowMs() >= deadlineMs()
    const { finals, silent } = await readAll(readers, left)
    const violations = judged(ground, left, finals, terms)
    const unread = left.filter(key => (finals.get(key)?.length ?? 0) < readers.length)
    left = [...new Set([...violations.keys(), ...unread])]
    const tookMs = ground.nowMs() - startMs
    if (left.length === 0) return { violations, silent: [], tookMs }
    const isGivenUp = isLast && (violations.size > 0 || ground.nowMs() >= deadlineMs() + REFUSAL_MS)
    if (isGivenUp) return { violations, silent, tookMs }
    await ground.patience.pause(LOOK_EVERY_MS)
  }
}

/** What an agreement that was not reached makes of a check; `null` where all is right. `demand` says what was asked, as a sentence. */
export function failedAgreement(agreement: Agreement, demand: string, figures: Readonly<Record<string, number>> = {}): CheckFinding | null {
  const evidence = evidenceOfAgreement(agreement)
  const [first] = evidence
  if (first !== undefined) return { outcome: 'fail', reason: `${demand} ${first.text}`, evidence, figures }
  const [silent] = agreement.silent
  if (silent === undefined) return null
  return failure('stuck', `node ${silent}`, `${demand} Node ${silent} did not answer reads for ${REFUSAL_MS / 1000} s and more.`, figures)
}

/** The key that shows it with the fewest operations, and one picture a kind. */
function evidenceOfAgreement({ violations }: Pick<Agreement, 'violations'>): CheckEvidence[] {
  const kinds = [...new Set([...violations.values()].map(({ kind }) => kind))]
  return kinds.flatMap(kind => {
    const ofKind = [...violations].filter(([, one]) => one.kind === kind).toSorted(([, a], [, b]) => a.steps.length - b.steps.length)
    const [least] = ofKind
    if (least === undefined) return []
    return evidenceOfStore([least[1]], least[0]).map(evidence => ({ ...evidence, occurrences: ofKind.length }))
  })
}

async function readAll(readers: readonly KvUser[], keys: readonly string[]) {
  const finals = new Map<string, KvStep[]>()
  const silent = new Set<string>()
  await Promise.all(readers.map(async reader => await readNode(reader, keys, { finals, silent })))
  return { finals, silent: [...silent] }
}

async function readNode(reader: KvUser, keys: readonly string[], { finals, silent }: Found): Promise<void> {
  for (let at = 0; at < keys.length && !silent.has(reader.node.name); at += READS_AT_ONCE) {
    await Promise.all(
      keys.slice(at, at + READS_AT_ONCE).map(async key => {
        const read = await finalRead(reader, key)
        if (read === null) silent.add(reader.node.name)
        else finals.set(key, [...(finals.get(key) ?? []), read])
      }),
    )
  }
}

async function finalRead(reader: KvUser, key: string): Promise<KvStep | null> {
  const { record, answer } = await reader.readRecorded(key, READ_TIMEOUT_MS)
  if (answer.outcome !== 'ok' && answer.outcome !== 'absent') return null
  const { value, callAtMs, endedAtMs } = record
  return { client: reader.index, node: reader.node.name, life: 0, kind: 'read', value, callAtMs, doneAtMs: endedAtMs }
}

function judged(ground: AgreementGround, keys: readonly string[], finals: ReadonlyMap<string, readonly KvStep[]>, terms: AgreementTerms) {
  const wanted = new Set(keys)
  const { clients, operations, events } = ground.recorder.history()
  const steps = stepsByKey({ clients, events, operations: operations.filter(({ key }) => wanted.has(key)) })
  const violations = new Map<string, KvViolation>()
  for (const key of keys) {
    const held = finals.get(key) ?? []
    const wrong = terms.onlySame === true ? judgeSame(held) : judgeConvergence(steps.get(key) ?? [], held, terms)
    if (wrong !== null) violations.set(key, wrong)
  }
  return violations
}
