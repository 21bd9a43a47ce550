import { realpath } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { MisuseError } from './fault.ts'
import { isFile, readSource } from './manifest-file.ts'
import { baseOf, type ManifestSource } from './manifest.ts'

/** A flawed sample over a right one, that over a simpler one, that over the starter; who needs more has lost count of what holds. */
const MAX_BASES = 3

/** A folder that a candidate is laid over, absolute, and its manifest. */
type Base = { readonly folder: string; readonly source: ManifestSource }

/**
 * What a manifest's `base` names, what that one's own `base` names, and so on: the nearest first, none when the candidate stands alone.
 *
 * @throws MisuseError when a base is not there, is not for this candidate to take, comes twice, or is one too many.
 */
export async function readBases(overlay: ManifestSource): Promise<Base[]> {
  const bases: Base[] = []
  let above = overlay
  for (let named = baseOf(above); named !== undefined; named = baseOf(above)) {
    const base = await readBase(above, named, basename(overlay.file))
    refuseCycle(above, base, [dirname(overlay.file), ...bases.map(({ folder }) => folder)])
    if (bases.length === MAX_BASES) {
      throw new MisuseError(
        `${above.file}: Expected a candidate to be laid over at most ${MAX_BASES} bases, got one more (${named}). Name a lower base in one of them.`,
      )
    }
    bases.push(base)
    above = base.source
  }
  return bases
}

/** A variant such as candidate.tcp.yaml is laid over the base's variant of the same name where the base has one. */
async function readBase(above: ManifestSource, named: string, variant: string): Promise<Base> {
  const folder = resolve(dirname(above.file), named)
  await refuseForeignBase(above.file, folder)
  const own = join(folder, variant)
  const file = (await isFile(own)) ? own : join(folder, 'candidate.yaml')
  if (!(await isFile(file))) {
    throw new MisuseError(
      `${above.file}: Expected \`base\` to name a folder with a candidate.yaml, got ${named} (${folder}). Correct the path.`,
    )
  }
  return { folder, source: await readSource(file) }
}

function refuseCycle(above: ManifestSource, base: Base, folders: readonly string[]): void {
  if (!folders.includes(base.folder)) return
  throw new MisuseError(
    `${above.file}: Expected bases to end in a folder that stands alone, got ${base.folder} a second time. Name another base, or none.`,
  )
}

/**
 * A manifest comes from the candidate: it must not draw other people's files, another candidate's say, into its own. Real paths count,
 * since a link in a handed-in folder would lead anywhere.
 */
async function refuseForeignBase(file: string, named: string): Promise<void> {
  const [folder, base] = await Promise.all([realPath(dirname(file)), realPath(named)])
  const isOwn = !relative(folder, base).startsWith('..')
  const isStarter = basename(dirname(base)) === 'starters'
  if (isOwn || isStarter || areSiblingSamples(folder, base)) return
  throw new MisuseError(
    `${file}: Expected \`base\` to name a starter (a folder inside one called starters), a folder of its own, or for a sample ` +
      `another one of the same samples/<exercise>/<language>, got ${named}. Correct the path.`,
  )
}

function areSiblingSamples(one: string, other: string): boolean {
  const language = dirname(one)
  const exercise = dirname(language)
  return dirname(other) === language && /^(chat|kv)$/.test(basename(exercise)) && basename(dirname(exercise)) === 'samples'
}

/** As it is where there is nothing: that is told apart later. */
async function realPath(path: string): Promise<string> {
  return await realpath(path).catch(() => path)
}
