/** `--only s1.race,s2.isolation`: which checks are asked for. */
import { MisuseError } from '../candidate/fault.ts'
import { nearMatch } from '../candidate/near-match.ts'
import type { Exercise } from '../examine/exercise.ts'

/**
 * The ids, or beginnings of ids (`s1.race`, also written `s1.race.*`), that a filter names.
 * @throws MisuseError naming the nearest known id, when one names no check.
 */
export function parseOnly(text: string, knownIds: readonly string[]): string[] {
  const words = text
    .split(',')
    .map(word => word.trim().replace(/\.\*?$/, ''))
    .filter(word => word !== '')
  if (words.length === 0) throw new MisuseError('Expected --only to name checks, got nothing. `assay check --list` names them.')
  for (const word of words) {
    if (knownIds.some(id => id === word || id.startsWith(`${word}.`))) continue
    const near = nearMatch(word, [...new Set(knownIds.flatMap(beginnings))])
    const hint = near === undefined ? '' : ` Did you mean \`${near}\`?`
    throw new MisuseError(
      `Expected --only to name a check, or what several begin with, got ${JSON.stringify(word)}.${hint} \`assay check --list\` names them.`,
    )
  }
  return words
}

/**
 * A filter of which nothing is in the candidate's exercise would examine nothing and pass.
 * @throws MisuseError
 */
export function assertFits(only: readonly string[], { name, checks }: Pick<Exercise, 'name' | 'checks'>): void {
  if (checks.some(({ id }) => only.some(word => id === word || id.startsWith(`${word}.`)))) return
  throw new MisuseError(
    `Expected --only to name checks of the exercise ${name}, which this candidate's manifest declares, got ${only.join(', ')}. ` +
      '`assay check --list` names them.',
  )
}

function beginnings(id: string): string[] {
  const parts = id.split('.')
  return parts.map((_, index) => parts.slice(0, index + 1).join('.'))
}
