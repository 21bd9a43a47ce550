import type { CheckId } from '../../harness/judge/check-ids.ts'
import type { CheckEvidence } from '../../harness/record/check-record.ts'
import type { Cause, CheckQuestion } from './check-question.ts'
import { DELIVERY_QUESTIONS } from './delivery-questions.ts'
import { KV_QUESTIONS } from './kv-questions.ts'
import { LOAD_QUESTIONS } from './load-questions.ts'
import { RACE_QUESTIONS } from './race-questions.ts'

/** For every check of the contract: what it does, what usually stands behind a failure, what to ask, and what a good answer holds. */
const QUESTIONS: Readonly<Record<CheckId, CheckQuestion>> = {
  ...DELIVERY_QUESTIONS,
  ...RACE_QUESTIONS,
  ...LOAD_QUESTIONS,
  ...KV_QUESTIONS,
}

/** `undefined` for a check that the contract does not know. */
export function questionFor(checkId: string): CheckQuestion | undefined {
  return Object.entries(QUESTIONS).find(([id]) => id === checkId)?.[1]
}

/** From the kind that says most about the mistake to the one that follows from any. */
const TELLING: readonly CheckEvidence['kind'][] = [
  'crash',
  'garbled',
  'corrupted',
  'resurrected',
  'history',
  'duplicated',
  'misdelivered',
  'growth',
  'lost',
  'stale',
  'order',
  'diverged',
  'census',
  'stuck',
  'unavailable',
  'dropped',
  'late',
]

/** The evidence, the most telling kind first. */
export function mostTellingFirst(evidence: readonly CheckEvidence[]): CheckEvidence[] {
  return [...evidence].sort((a, b) => TELLING.indexOf(a.kind) - TELLING.indexOf(b.kind))
}

/** The usual causes of a failure: those of its most telling kind of evidence, then of the others, then those that fit any. */
export function causesFor(question: CheckQuestion, evidence: readonly Pick<CheckEvidence, 'kind'>[]): readonly Cause[] {
  const kinds = new Set(evidence.map(({ kind }) => kind))
  const fitting = TELLING.filter(kind => kinds.has(kind)).flatMap(kind => question.causes.filter(cause => cause.kinds?.includes(kind)))
  const general = question.causes.filter(cause => cause.kinds === undefined)
  return fitting.length > 0 ? [...new Set([...fitting, ...general])] : question.causes
}
