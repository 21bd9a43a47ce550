import type { CheckFinding } from './check.ts'

/** A failure that one sentence and one lane tell. */
export function failure(
  kind: 'late' | 'growth' | 'dropped' | 'lost' | 'misdelivered' | 'stuck',
  lane: string,
  text: string,
  figures: Readonly<Record<string, number>> = {},
): CheckFinding {
  const events = [{ lane, atMs: null, kind: 'wrong' as const, text }]
  return { outcome: 'fail', reason: text, figures, evidence: [{ kind, text, lanes: [lane], events, occurrences: 1 }] }
}
