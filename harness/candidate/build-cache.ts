import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { randomUUID } from 'node:crypto'
import { z } from 'zod'

/** What the cache may hold; beyond either, the entries unused for longest go. */
const MAX_ENTRIES = 200
const MAX_BYTES = 4 * 1024 ** 3
/** Somebody may be running from an entry used this recently. */
const KEEP_MS = 60 * 60 * 1000

/** `source`: the candidate's folder, so that `forgetBuilds` finds what was made of it. */
const builtSchema = z.object({ bytes: z.number(), output: z.string(), source: z.string().optional() })
type Built = z.infer<typeof builtSchema>

/** A built candidate: its folder, and what the build printed. */
export type BuiltFolder = { readonly folder: string; readonly output: string }

const underWay = new Map<string, Promise<BuiltFolder>>()

/**
 * The built folder of a key, made by `make` in an empty folder the first time. Two builds of one key may run at once in two processes:
 * each builds aside, the first to finish is kept. A build that throws leaves nothing.
 *
 * @param make fills the folder, and returns its size in bytes and what the build printed.
 */
export async function cachedBuild(key: string, make: (folder: string) => Promise<Built>, root: string = cacheRoot()): Promise<BuiltFolder> {
  const running = underWay.get(key)
  if (running !== undefined) return await running
  const build = findOrMake(key, make, root).finally(() => underWay.delete(key))
  underWay.set(key, build)
  return await build
}

/** Deletes every build that was made of a candidate's folder; says how many. */
export async function forgetBuilds(source: string, root: string = cacheRoot()): Promise<number> {
  const names = await readdir(root).catch(() => [])
  let forgotten = 0
  for (const name of names) {
    const text = await readFile(join(root, name, 'built.json'), 'utf8').catch(() => undefined)
    if (text === undefined || builtSchema.safeParse(JSON.parse(text)).data?.source !== source) continue
    await rm(join(root, name), { recursive: true, force: true })
    forgotten++
  }
  return forgotten
}

/** `$XDG_CACHE_HOME/assay/builds`, by default below `~/.cache`. */
function cacheRoot(): string {
  const home = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
  return join(home, 'assay', 'builds')
}

async function findOrMake(key: string, make: (folder: string) => Promise<Built>, root: string): Promise<BuiltFolder> {
  const entry = join(root, key)
  const found = await readEntry(entry)
  if (found !== undefined) return found
  await mkdir(root, { recursive: true })
  await dropOldest(root, Date.now())
  const staging = join(root, `.making-${randomUUID()}`)
  try {
    await mkdir(join(staging, 'folder'), { recursive: true })
    const built = await make(join(staging, 'folder'))
    await writeFile(join(staging, 'built.json'), JSON.stringify(built))
    await rename(staging, entry).catch(ignoreExisting)
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
  const made = await readEntry(entry)
  if (made === undefined)
    throw new Error(`Expected ${entry} to hold the build that was just made, got nothing. Was the cache emptied meanwhile?`)
  return made
}

async function readEntry(entry: string): Promise<BuiltFolder | undefined> {
  const text = await readFile(join(entry, 'built.json'), 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const now = new Date()
  await utimes(join(entry, 'built.json'), now, now).catch(() => undefined)
  return { folder: join(entry, 'folder'), output: builtSchema.parse(JSON.parse(text)).output }
}

/** Another process was first; its build is as good as ours. */
function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
}

/** Drops what was unused for longest until the bounds hold, and what builds that were killed left behind. */
export async function dropOldest(root: string, nowMs: number, bounds = { entries: MAX_ENTRIES, bytes: MAX_BYTES }): Promise<void> {
  const entries = await Promise.all((await readdir(root)).map(async name => await describeEntry(join(root, name))))
  const newestFirst = entries.sort((a, b) => b.usedMs - a.usedMs)
  let bytes = 0
  for (const [index, entry] of newestFirst.entries()) {
    bytes += entry.bytes
    const isUnfinished = entry.bytes === 0
    const isBeyond = index >= bounds.entries || bytes > bounds.bytes
    if ((isUnfinished || isBeyond) && nowMs - entry.usedMs > KEEP_MS) await rm(entry.path, { recursive: true, force: true })
  }
}

async function describeEntry(path: string): Promise<{ path: string; usedMs: number; bytes: number }> {
  const marker = join(path, 'built.json')
  const text = await readFile(marker, 'utf8').catch(() => undefined)
  const found = await stat(text === undefined ? path : marker).catch(() => undefined)
  const bytes = text === undefined ? 0 : Math.max(1, builtSchema.parse(JSON.parse(text)).bytes)
  return { path, usedMs: found?.mtimeMs ?? 0, bytes }
}
