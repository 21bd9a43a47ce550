import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { chmod, copyFile, lstat, mkdir, readdir, readlink, realpath, rm, symlink } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { MisuseError } from './fault.ts'

/** A handed-in folder is small; one that is not was named by mistake (somebody's home directory, say). */
const MAX_FILES = 50_000
const MAX_BYTES = 1024 * 1024 * 1024
/** Version control, what Assay keeps beside a candidate (interview notes among it), and the manifests: no input of a build or a server. */
const LEFT_OUT = /^(\.git|\.hg|\.svn|\.assay.*|\.DS_Store|candidate(\.[\w-]+)?\.ya?ml|interview\.ya?ml)$/

type Entry = { readonly path: string; readonly kind: 'file' | 'link'; readonly mode: number; readonly bytes: number }

/** The files of one folder, in a fixed order, as far as they count. */
export type CandidateFiles = { readonly root: string; readonly entries: readonly Entry[] }

/** @throws MisuseError when the folder holds more than any candidate would, or a folder that cannot be read. */
export async function listCandidateFiles(root: string): Promise<CandidateFiles> {
  const entries: Entry[] = []
  let bytes = 0
  const folders = ['']
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const names = await readable(join(root, folder), readdir(join(root, folder)))
    for (const name of names.sort()) {
      if (folder === '' && LEFT_OUT.test(name)) continue
      const path = join(folder, name)
      const found = await lstat(join(root, path))
      if (found.isDirectory()) folders.push(path)
      // Sockets, pipes and devices are left behind by something that ran there; they are no content.
      if (!found.isFile() && !found.isSymbolicLink()) continue
      bytes += found.size
      entries.push({ path, kind: found.isFile() ? 'file' : 'link', mode: found.mode & 0o777, bytes: found.size })
      refuseExcess(root, entries.length, bytes)
    }
  }
  return { root, entries: entries.sort((a, b) => (a.path < b.path ? -1 : 1)) }
}

/** Feeds names, modes and contents to a hash. @throws MisuseError when a file cannot be read. */
export async function hashCandidateFiles(files: CandidateFiles, hash: Hash): Promise<void> {
  for (const entry of files.entries) {
    const file = join(files.root, entry.path)
    if (entry.kind === 'link') {
      hash.update(`link ${entry.path}\0${await readlink(file)}\0`)
      continue
    }
    const content = createHash('sha256')
    await readable(file, pipeline(createReadStream(file), content))
    hash.update(`file ${entry.path}\0${entry.mode & 0o111}\0${content.digest('hex')}\0`)
  }
}

async function readable<T>(path: string, reading: Promise<T>): Promise<T> {
  try {
    return await reading
  } catch (error) {
    throw new MisuseError(
      `Expected all files of the candidate to be readable, got: ${error instanceof Error ? error.message : String(error)}. ` +
        `Let this user read ${path} (chmod, chown), or remove it if the server does not need it.`,
    )
  }
}

/** Copies them into a folder, over whatever lies there under the same names. */
export async function layOver(files: CandidateFiles, target: string): Promise<void> {
  await mkdir(target, { recursive: true })
  for (const entry of files.entries) {
    const from = join(files.root, entry.path)
    const to = join(target, entry.path)
    await mkdirInside(target, dirname(to))
    await rm(to, { recursive: true, force: true })
    if (entry.kind === 'link') {
      await symlink(await readlink(from), to)
      continue
    }
    await copyFile(from, to)
    await chmod(to, entry.mode | 0o600)
  }
}

/**
 * Makes a folder below `root`, where a link that the candidate handed in must not lead us out of it.
 *
 * @throws MisuseError when it does.
 */
export async function mkdirInside(root: string, folder: string): Promise<void> {
  let made = await realpath(root)
  for (const name of relative(root, folder).split(sep).filter(Boolean)) {
    made = join(made, name)
    const found = await lstat(made).catch(() => undefined)
    if (found?.isDirectory() === true) continue
    if (found !== undefined)
      throw new MisuseError(`Expected ${relative(root, folder)} of the candidate to be a folder, got a link or file. Hand in a folder.`)
    await mkdir(made)
  }
}

function refuseExcess(root: string, count: number, bytes: number): void {
  if (count <= MAX_FILES && bytes <= MAX_BYTES) return
  throw new MisuseError(
    `Expected the candidate's folder ${root} to hold at most ${MAX_FILES} files and ${MAX_BYTES / 1024 ** 2} MiB, got more. ` +
      'Name the folder that holds the server alone, or remove what it does not need.',
  )
}
