import type { CheckId } from '../../harness/judge/check-ids.ts'
import type { CheckEvidence } from '../../harness/record/check-record.ts'
import type { Cause, CheckQuestion } from './check-question.ts'
import { DELIVERY_QUESTIONS } from './delivery-questions.ts'
import { LOAD_QUESTIONS } from './load-questions.ts'
import { RACE_QUESTIONS } from './race-questions.ts'

/** For every check of the contract: what it does, what usually stands behind a failure, what to ask, and what a good answer holds. */
const QUESTIONS: Readonly<Record<CheckId, CheckQuestion>> = { ...DELIVERY_QUESTIONS, ...RACE_QUESTIONS, ...LOAD_QUESTIONS }

/** `undefined` for a check that the contract does not know. */
export function questionFor(checkId: string): CheckQuestion | undefined {
  return Object.entries(QUESTIONS).find(([id]) => id === checkId)?.[1]
}

/** The usual causes of a failure, those that fit the kinds of evidence first; those of other kinds only where none fits. */
export function causesFor(question: CheckQuestion, evidence: readonly Pick<CheckEvidence, 'kind'>[]): readonly Cause[] {
  const kinds = new Set(evidence.map(({ kind }) => kind))
  const fitting = question.causes.filter(cause => cause.kinds?.some(kind => kinds.has(kind)))
  const general = question.causes.filter(cause => cause.kinds === undefined)
  return fitting.length > 0 ? [...fitting, ...general] : question.causes
}
