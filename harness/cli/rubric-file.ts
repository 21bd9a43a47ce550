/** The rubric that Assay ships, or the user's own. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { MisuseError } from '../candidate/fault.ts'
import type { ExerciseName } from '../judge/check-ids.ts'
import { parseRubric, type Rubric, RubricError } from '../judge/rubric.ts'
import { PACKAGE_ROOT } from './package-root.ts'

const SHIPPED: Readonly<Record<ExerciseName, string>> = { chat: 'rubric.yaml', kv: 'rubric-kv.yaml' }

/**
 * `path`: the user's own; left out, the one that Assay ships for the exercise.
 * @throws MisuseError when it cannot be read, is not a rubric, or is one of another exercise.
 */
export function loadRubric(path: string | undefined, exercise: ExerciseName): Rubric {
  const rubric = readRubric(path ?? join(PACKAGE_ROOT, 'docs', SHIPPED[exercise]))
  if (rubric.exercise === exercise) return rubric
  throw new MisuseError(
    `Expected ${path} to be a rubric for the exercise ${exercise}, got one for ${rubric.exercise}. docs/${SHIPPED[exercise]} is one to begin with.`,
  )
}

/** @throws MisuseError when it cannot be read, or is not a rubric. */
export function readRubric(path: string): Rubric {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    throw new MisuseError(`Expected ${path} to be a rubric, but it cannot be read. docs/rubric.yaml is one to begin with.`)
  }
  try {
    return parseRubric(text, path)
  } catch (error) {
    if (error instanceof RubricError) throw new MisuseError(error.message)
    throw error
  }
}
