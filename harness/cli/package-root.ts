/** Where Assay's own files are: the scenarios, the reference servers, the samples. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** This file runs from harness/cli/ or from dist/harness/cli/. */
export const PACKAGE_ROOT = findRoot(dirname(fileURLToPath(import.meta.url)))
export const ASSAY_VERSION = (JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8')) as { version: string }).version

function findRoot(folder: string): string {
  const parent = dirname(dirname(folder))
  return parent.endsWith('dist') ? dirname(parent) : parent
}
