import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of Assay's own package.json, wherever it is installed, and whether this runs from `dist` or from the sources. */
export const ASSAY_ROOT = findRoot(dirname(fileURLToPath(import.meta.url)))

/**
 * Whether a candidate is one of Assay's own model answers (`reference/…`). They run in place, since their manifests name Assay's `dist`,
 * and they may see it and its packages.
 */
export function isOwnCandidate(folder: string): boolean {
  const inside = relative(join(ASSAY_ROOT, 'reference'), realpathSync(folder))
  return inside !== '' && !inside.startsWith('..')
}

/** What an own candidate sees of Assay, read-only: its program, its packages and itself, but no samples. */
export function ownCandidatePaths(): string[] {
  const own = ['dist', 'reference', 'package.json'].map(name => join(ASSAY_ROOT, name))
  const packages: string[] = []
  for (let folder = ASSAY_ROOT; folder !== dirname(folder); folder = dirname(folder)) packages.push(join(folder, 'node_modules'))
  return [...own, ...packages].filter(existsSync)
}

/** Graded samples, which no candidate may see wherever Assay is installed. */
export function samplesToCover(): string[] {
  return [join(ASSAY_ROOT, 'candidates')].filter(existsSync)
}

/** The real folder of a package that Assay itself can import, or `undefined` where it is not installed. */
export function packageFolder(name: string): string | undefined {
  const searched = createRequire(import.meta.url).resolve.paths(name) ?? []
  const found = searched.map(folder => join(folder, name)).find(folder => existsSync(join(folder, 'package.json')))
  return found === undefined ? undefined : realpathSync(found)
}

function findRoot(start: string): string {
  for (let folder = start; ; folder = dirname(folder)) {
    if (nameIn(join(folder, 'package.json')) === 'assay') return realpathSync(folder)
    if (folder === dirname(folder))
      throw new Error(`Expected to find Assay's package.json above ${start}, got none. Is the installation whole?`)
  }
}

function nameIn(file: string): unknown {
  if (!existsSync(file)) return undefined
  return (JSON.parse(readFileSync(file, 'utf8')) as { name?: unknown }).name
}
