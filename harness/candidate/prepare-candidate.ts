import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isOwnCandidate } from './assay-package.ts'
import { cachedBuild } from './build-cache.ts'
import { buildIn } from './build-candidate.ts'
import { hashCandidateFiles, layOver, listCandidateFiles, mkdirInside, type CandidateFiles } from './candidate-files.ts'
import type { ContainmentName } from './contain-level.ts'
import type { ManifestTarget } from './find-candidate.ts'
import { findToolchain, type Toolchain } from './find-toolchain.ts'
import { isNetworkIsolated } from './isolated-network.ts'
import type { Limits } from './limits.ts'

/** A candidate that is assembled and built, ready to be started any number of times. */
export type PreparedCandidate = {
  /** Where its files are. Never written to while a server runs. */
  readonly folder: string
  /** True for Assay's own model answers, which run where they are. */
  readonly isInPlace: boolean
  readonly toolchain: Toolchain
  /** What the build printed, when it was made. */
  readonly buildOutput: string
}

export type PrepareOptions = {
  readonly containment: ContainmentName
  /** Lets the build reach the network, e.g. to fetch packages. Default false. */
  readonly buildNetwork?: boolean
  readonly limits: Limits
  readonly signal?: AbortSignal | undefined
  readonly onOutput?: ((text: string) => void) | undefined
}

/**
 * Lays the candidate's folder over its bases, the lowest first, in a new folder and runs `build` there; once a content, build command and
 * toolchain.
 *
 * @throws CandidateFault with the build's output when the build fails, MisuseError when the folder is no candidate's.
 */
export async function prepareCandidate(target: ManifestTarget, options: PrepareOptions): Promise<PreparedCandidate> {
  const toolchain = await findToolchain(target.manifest.language)
  if (isOwnCandidate(target.folder)) return { folder: target.folder, isInPlace: true, toolchain, buildOutput: '' }
  const layers = await listLayers(target)
  const key = await contentKey(target, layers, toolchain)
  const built = await cachedBuild(key, async folder => {
    if (options.buildNetwork === true && isNetworkIsolated()) {
      throw new Error('Expected a build that needs the network to be made before entering the isolated one (`buildAhead`).')
    }
    for (const layer of layers) await layOver(layer, folder)
    await linkPackages(folder, toolchain)
    return { ...(await buildIn(folder, target.manifest, toolchain, options)), source: target.folder }
  })
  return { folder: built.folder, isInPlace: false, toolchain, buildOutput: built.output }
}

async function listLayers(target: ManifestTarget): Promise<CandidateFiles[]> {
  return await Promise.all([...target.baseFolders, target.folder].map(listCandidateFiles))
}

async function contentKey(target: ManifestTarget, layers: readonly CandidateFiles[], toolchain: Toolchain): Promise<string> {
  const { build, env, language } = target.manifest
  // The first word changes when what lies in an entry would; old entries are then no longer found.
  const hash = createHash('sha256').update(JSON.stringify(['layout 1', build, env, language, toolchain.fingerprint]))
  for (const layer of layers) {
    hash.update('layer\0')
    await hashCandidateFiles(layer, hash)
  }
  return hash.digest('hex').slice(0, 32)
}

/** Links `ws`, TypeScript and their types where Node and `tsc` look for them; what the candidate brought itself stays. */
async function linkPackages(folder: string, toolchain: Toolchain): Promise<void> {
  for (const [name, source] of toolchain.packages) {
    await linkUnlessThere(folder, join(folder, 'node_modules', name), source)
  }
  const typescript = toolchain.packages.get('typescript')
  if (typescript !== undefined) await linkUnlessThere(folder, join(folder, 'node_modules', '.bin', 'tsc'), join(typescript, 'bin', 'tsc'))
}

async function linkUnlessThere(folder: string, link: string, target: string): Promise<void> {
  if (existsSync(link)) return
  await mkdirInside(folder, dirname(link))
  await symlink(target, link)
}
