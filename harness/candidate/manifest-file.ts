import { readFile, stat } from 'node:fs/promises'
import type { ManifestSource } from './manifest.ts'

export async function readSource(file: string): Promise<ManifestSource> {
  return { file, text: await readFile(file, 'utf8') }
}

export async function isFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined)
  return found?.isFile() ?? false
}
