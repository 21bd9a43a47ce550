/** Commands that start candidates go on in a network of their own, where a candidate reaches nothing; what needs the desktop stays outside. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { enterIsolatedNetwork } from '../candidate/isolated-network.ts'
import { openInBrowser, PAGES_TO_OPEN } from './open-in-browser.ts'

/**
 * To be called by a command before it starts anything. Returns the exit code of the whole command where it has run inside to its end, and
 * `undefined` where the caller goes on: it is inside, or this machine gives no such network.
 */
export async function runIsolated(): Promise<number | undefined> {
  if (process.env[PAGES_TO_OPEN] !== undefined) return undefined
  const folder = mkdtempSync(join(tmpdir(), 'assay-pages-'))
  const list = join(folder, 'pages')
  process.env[PAGES_TO_OPEN] = list
  try {
    const entered = await enterIsolatedNetwork([...process.execArgv, ...process.argv.slice(1)])
    delete process.env[PAGES_TO_OPEN]
    if (entered.kind !== 'finished') return undefined
    for (const page of pagesIn(list)) openInBrowser(page)
    return entered.exitCode
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function pagesIn(list: string): string[] {
  try {
    return readFileSync(list, 'utf8').split('\0').filter(Boolean)
  } catch {
    return []
  }
}
