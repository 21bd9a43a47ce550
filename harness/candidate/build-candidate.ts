import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { launchOf } from './contain.ts'
import { CandidateFault } from './fault.ts'
import type { Toolchain } from './find-toolchain.ts'
import type { Manifest } from './manifest.ts'
import type { PrepareOptions } from './prepare-candidate.ts'
import { ServerProcess } from './server-process.ts'

/** Between two looks at what a build has written, in milliseconds. */
const DISK_LOOK_MS = 500
/** A build that makes more entries than this fills the disk with names. */
const MAX_ENTRIES = 200_000

/**
 * Runs the manifest's `build` in a folder, contained as asked.
 *
 * @returns what it printed, and the folder's size. Without a `build` nothing is run.
 * @throws CandidateFault with the output when it fails, takes too long or fills the disk.
 */
export async function buildIn(
  folder: string,
  manifest: Manifest,
  toolchain: Toolchain,
  options: PrepareOptions,
): Promise<{ bytes: number; output: string }> {
  if (manifest.build === undefined) return { bytes: await folderBytes(folder, options.limits.buildBytes), output: '' }
  const launch = launchOf({
    shell: manifest.build,
    folder,
    isFolderWritable: true,
    hasNetwork: options.buildNetwork ?? false,
    toolchain,
    env: manifest.env,
    limits: options.limits,
    containment: options.containment,
  })
  const build = await ServerProcess.start(launch, options.onOutput, () => performance.now())
  const reason = await watchBuild(build, folder, options)
  const exit = await build.exited
  const output = build.output()
  options.signal?.throwIfAborted()
  const expected = `Expected the build of ${manifest.name} (\`${manifest.build}\`) to succeed`
  if (reason !== undefined) throw new CandidateFault(`${expected}; ${reason}`, output)
  if (exit.code !== 0) throw new CandidateFault(`${expected}. ${exit.explanation.replace('server', 'build')} Its output says why.`, output)
  const tooMuch = await overfull(folder, options.limits.buildBytes)
  if (tooMuch !== undefined) throw new CandidateFault(`${expected}; ${tooMuch}`, output)
  return { bytes: await folderBytes(folder, options.limits.buildBytes), output }
}

/** Waits for the build's end; kills it and says why when it breaks a limit of time or disk, or is no longer wanted. */
async function watchBuild(build: ServerProcess, folder: string, options: PrepareOptions): Promise<string | undefined> {
  const { buildMs, buildBytes } = options.limits
  const startMs = performance.now()
  for (;;) {
    const exit = await Promise.race([build.exited, pause(DISK_LOOK_MS, options.signal)])
    if (exit !== undefined) return undefined
    const reason = overdue(performance.now() - startMs, buildMs) ?? (await overfull(folder, buildBytes))
    if (reason === undefined && options.signal?.aborted !== true) continue
    await build.kill()
    return reason
  }
}

function overdue(elapsedMs: number, buildMs: number): string | undefined {
  return elapsedMs > buildMs ? `it took longer than the ${Math.round(buildMs / 1000)} s allowed.` : undefined
}

async function overfull(folder: string, limitBytes: number): Promise<string | undefined> {
  const bytes = await folderBytes(folder, limitBytes)
  return bytes > limitBytes
    ? `it wrote more than the ${Math.round(limitBytes / 1024 ** 2)} MiB allowed (or more than ${MAX_ENTRIES} files).`
    : undefined
}

/** What the files below a folder hold on disk; counting ends once it is known to be more than `enough`. Links are not followed. */
async function folderBytes(root: string, enough: number): Promise<number> {
  let bytes = 0
  let entries = 0
  const folders = [root]
  for (let folder = folders.pop(); folder !== undefined && bytes <= enough; folder = folders.pop()) {
    // A build may remove what we are about to look at.
    for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
      if (++entries > MAX_ENTRIES) return Number.POSITIVE_INFINITY
      const path = join(folder, entry.name)
      if (entry.isDirectory()) folders.push(path)
      else bytes += ((await lstat(path).catch(() => undefined))?.blocks ?? 0) * 512
    }
  }
  return bytes
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<undefined> {
  return await new Promise(done => {
    const finish = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', finish)
      done(undefined)
    }
    const timer = setTimeout(finish, ms)
    signal?.addEventListener('abort', finish)
    if (signal?.aborted === true) finish()
  })
}
