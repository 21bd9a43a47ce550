/** Where what Assay measures is written, unless `--out` names another place. */
import { existsSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { MisuseError } from '../candidate/fault.ts'

export const DEFAULT_FOLDER = join('reports', 'out')

/**
 * Makes a folder for one result: the one that `--out` names, or one named after the time and what was done. `place` sets several of one
 * command apart.
 * @throws MisuseError where it cannot be made.
 */
export function createOutFolder(out: string | undefined, startedAt: Date, words: readonly string[], place: number | undefined): string {
  const time = startedAt.toISOString().slice(0, 19).replaceAll(':', '').replace('T', '-')
  const base = out ?? join(DEFAULT_FOLDER, [time, ...words.map(slug)].join('-'))
  const path = freeFolder(place === undefined ? base : `${base}-${place}`, out !== undefined)
  try {
    mkdirSync(path, { recursive: true })
  } catch (error) {
    throw new MisuseError(
      `Expected to be able to write to ${path}, got: ${error instanceof Error ? error.message : String(error)}. Name another folder with --out.`,
    )
  }
  return path
}

/** Two results within a second get folders of their own; a folder that the user named is used as it is. */
function freeFolder(path: string, isNamed: boolean): string {
  if (isNamed || !existsSync(path)) return resolve(path)
  for (let n = 2; ; n++) if (!existsSync(`${path}-${n}`)) return resolve(`${path}-${n}`)
}

function slug(text: string): string {
  return (
    text
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-|-$/g, '')
      .slice(0, 40) || 'unnamed'
  )
}
