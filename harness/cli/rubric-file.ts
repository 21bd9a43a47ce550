/** The rubric that Assay ships, or the user's own. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { MisuseError } from '../candidate/fault.ts'
import { parseRubric, type Rubric, RubricError } from '../judge/rubric.ts'
import { PACKAGE_ROOT } from './package-root.ts'

/** @throws MisuseError when it cannot be read, or is not a rubric. */
export function loadRubric(path = join(PACKAGE_ROOT, 'docs', 'rubric.yaml')): Rubric {
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
