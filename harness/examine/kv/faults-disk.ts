/** A disk that is full: a small file system of its own, in memory, mounted for one node. */
import { execFile } from 'node:child_process'
import { mkdtemp, open, rm, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

export interface SmallDisk {
  /** Where it is mounted. */
  readonly folder: string
  /** Leaves no block free, by a file beside whatever else is there. */
  fill(): Promise<void>
  /** Takes that file away again. */
  relieve(): Promise<void>
  /** Unmounts it. Whatever still uses it has to have ended. */
  remove(): Promise<void>
}

const FILLER = '.assay-filler'
const BLOCK_BYTES = 1024 * 1024
const SMALLEST_BYTES = 512
const COMMAND_TIMEOUT_MS = 10_000

/** A sentence where the machine does not allow it. `bytes` from 1 MiB to 1 GiB. */
export async function mountSmallDisk(bytes: number): Promise<SmallDisk | string> {
  const folder = await mkdtemp(join(tmpdir(), 'assay-disk-'))
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${bytes},mode=0777`, 'assay-disk', folder])
  } catch (error) {
    await rmdir(folder)
    const reason = error instanceof Error ? error.message.trim().split('\n').at(-1) : String(error)
    return `Full disks not attempted: mounting a small file system needs root (sudo), and was refused: ${reason}.`
  }
  const filler = join(folder, FILLER)
  return {
    folder,
    fill: async () => await writeUntilFull(filler),
    relieve: async () => await rm(filler, { force: true }),
    remove: async () => {
      await run('umount', ['--lazy', folder])
      await rmdir(folder)
    },
  }
}

async function run(file: string, words: readonly string[]): Promise<void> {
  await promisify(execFile)(file, words, { timeout: COMMAND_TIMEOUT_MS })
}

async function writeUntilFull(path: string): Promise<void> {
  const handle = await open(path, 'w')
  try {
    for (let size = BLOCK_BYTES; size >= SMALLEST_BYTES;) {
      const isTaken = await handle.write(Buffer.alloc(size)).then(
        ({ bytesWritten }) => bytesWritten === size,
        () => false,
      )
      if (!isTaken) size = Math.floor(size / 2)
    }
  } finally {
    await handle.close()
  }
}
