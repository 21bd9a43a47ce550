/** What the shell is told. */
import type { VerdictOutcome } from '../record/run-record.ts'

export const EXIT = { pass: 0, fail: 1, inconclusive: 2, misuse: 64, bug: 70, interrupted: 130 } as const

export function exitCodeOf(verdict: VerdictOutcome): number {
  switch (verdict) {
    case 'pass':
      return EXIT.pass
    case 'fail':
      return EXIT.fail
    case 'inconclusive':
    case 'not attempted':
      return EXIT.inconclusive
  }
}

/** The worst of several: a fail outweighs a doubt, a doubt outweighs a pass. */
export function worstVerdict(verdicts: readonly VerdictOutcome[]): VerdictOutcome {
  const order: readonly VerdictOutcome[] = ['fail', 'inconclusive', 'not attempted', 'pass']
  return order.find(outcome => verdicts.includes(outcome)) ?? 'not attempted'
}
