import type { CheckRecord } from '../../harness/record/check-record.ts'

const STAND_IN = 'the candidate'

/**
 * The record without what names the candidate: name, target and output are left out, and taken out of every sentence. `standIn`: what it is called
 * instead.
 */
export function nameless(record: CheckRecord, standIn = STAND_IN): CheckRecord {
  const names = [record.target, record.candidate].filter(name => name.length >= 3)
  const clean = (text: string): string => names.reduce((result, name) => result.replaceAll(name, standIn), text)
  return {
    ...record,
    candidate: standIn,
    target: '',
    output: '',
    statusText: clean(record.statusText),
    containment: clean(record.containment),
    checks: record.checks.map(check => ({
      ...check,
      reason: clean(check.reason),
      ...(check.printed === undefined ? {} : { printed: clean(check.printed) }),
      ...(check.stacks === undefined ? {} : { stacks: clean(check.stacks) }),
      evidence: check.evidence.map(piece => ({
        ...piece,
        text: clean(piece.text),
        lanes: piece.lanes.map(clean),
        events: piece.events.map(event => ({ ...event, lane: clean(event.lane), text: clean(event.text) })),
      })),
    })),
  }
}
