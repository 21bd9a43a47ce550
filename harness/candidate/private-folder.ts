import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A copy that one run may write to, and a folder for its temporary files. */
export type PrivateFolder = { readonly folder: string; readonly temporaryFolder: string; remove(): Promise<void> }

/** Without a container nothing keeps a server from writing to its folder: each run then gets a copy, so that the built one stays as it is. */
export async function copyForOneRun(builtFolder: string): Promise<PrivateFolder> {
  const parent = await mkdtemp(join(tmpdir(), 'assay-run-'))
  const folder = join(parent, 'candidate')
  const temporaryFolder = join(parent, 'tmp')
  await mkdir(temporaryFolder)
  await cp(builtFolder, folder, { recursive: true, verbatimSymlinks: true })
  return { folder, temporaryFolder, remove: async () => await rm(parent, { recursive: true, force: true, maxRetries: 3 }) }
}
