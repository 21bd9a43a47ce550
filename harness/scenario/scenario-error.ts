/** A scenario, or a `--set`, that says something it cannot say: the user's fault, told in full. */

/** `message` has a line for each problem: where it is, what was expected, what came, and what to do about it. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError'
}

/** A problem before it is known where it stands. */
export interface Problem {
  /** The fields that it concerns; it is shown at the first, or at the first of them that a `--set` has set. */
  readonly paths: readonly [FieldPath, ...FieldPath[]]
  /** "Expected X to be Y, got Z." and what to do next. */
  readonly text: string
}

export type FieldPath = readonly (string | number)[]

/** A value from a file in a form short enough for a message. */
export function shown(value: unknown): string {
  if (value === undefined || value === null) return 'nothing'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (typeof value === 'object') return 'a block of fields'
  const text = JSON.stringify(value)
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}… (${text.length} characters)`
}

const MAX_SHOWN = 60

/** The path as `--set` takes it: list items by their names, where they have some. */
export function pathText(path: FieldPath, root: unknown): string {
  const parts: string[] = []
  let value = root
  for (const step of path) {
    value = fieldOf(value, step)
    const name = typeof step === 'number' ? fieldOf(value, 'name') : undefined
    parts.push(typeof name === 'string' && name !== '' ? name : String(step))
  }
  return parts.length === 0 ? 'the scenario' : `\`${parts.join('.')}\``
}

/** A field of a block or an item of a list; `undefined` where there is none. */
export function fieldOf(container: unknown, step: string | number): unknown {
  if (typeof container !== 'object' || container === null || !Object.hasOwn(container, step)) return undefined
  return (container as Record<string | number, unknown>)[step]
}
