/** Which checks of an exercise are asked for. */
import type { CheckDescription } from './check.ts'
import type { Exercise } from './exercise.ts'

export interface Selection {
  /** Only checks whose id is one of these or begins with one of them (`s1.race` takes all race checks). Default: all. */
  readonly only?: readonly string[]
  /** Up to which stage, 1 to 6; what was not asked for is `not attempted`. Default: all. */
  readonly stage?: number
  /** The quick checks of the exercise, with smaller provocations. */
  readonly quick?: boolean
}

/** `null` for a check that is asked for. `only` overrides the other two: what is named is meant. */
export function whyNotAsked(check: CheckDescription, { isQuick }: Pick<Exercise, 'isQuick'>, selection: Selection): string | null {
  const { only, stage = Infinity, quick = false } = selection
  if (only !== undefined && !only.some(prefix => check.id === prefix || check.id.startsWith(`${prefix}.`))) return 'Not asked for (--only).'
  if (only === undefined && quick && !isQuick(check)) return 'Left out by --quick.'
  if (only === undefined && check.stage !== 'safe' && Number(check.stage) > stage) return `Not asked for (--stage ${stage}).`
  return null
}
