import { open, readdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * A data folder holds numbered files. `log-7` follows `log-6`; `snapshot-7` holds all that logs before 7 said. Since entries merge in any order
 * and any number of times, starting up means reading whatever is there, and a crash between two steps of a snapshot harms nothing.
 */
export interface DataFile {
  readonly path: string
  readonly kind: 'log' | 'snapshot'
  readonly number: number
}

export function logFile(folder: string, number: number): DataFile {
  return { path: join(folder, `log-${number}`), kind: 'log', number }
}

export function snapshotFile(folder: string, number: number): DataFile {
  return { path: join(folder, `snapshot-${number}`), kind: 'snapshot', number }
}

export function temporaryPath(file: DataFile): string {
  return `${file.path}.tmp`
}

/** Snapshots first, then logs, each in their order. */
export async function listDataFiles(folder: string): Promise<DataFile[]> {
  const files = (await readdir(folder)).flatMap(name => {
    const match = /^(log|snapshot)-(\d{1,15})$/.exec(name)
    if (match === null) return []
    const number = Number(match[2])
    return match[1] === 'log' ? [logFile(folder, number)] : [snapshotFile(folder, number)]
  })
  return files.sort((a, b) => b.kind.localeCompare(a.kind) || a.number - b.number)
}

/** Removes what the snapshot of that number replaces, with what was cut off from it, and temporary files that no one is writing. */
export async function removeFilesBefore(folder: string, snapshotNumber: number): Promise<void> {
  for (const name of await readdir(folder)) {
    const match = /^(?:log|snapshot)-(\d{1,15})(\.cut|\.tmp)?$/.exec(name)
    if (match !== null && Number(match[1]) < snapshotNumber) await unlink(join(folder, name))
  }
}

/** Makes names that were created, renamed or removed in the folder survive a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
