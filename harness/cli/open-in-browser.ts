/** Opens a file in whatever the system shows HTML with; says so where there is nothing. */
import { spawn } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { resolve } from 'node:path'

const OPENERS: Partial<Record<NodeJS.Platform, readonly string[]>> = { darwin: ['open'], win32: ['cmd', '/c', 'start', ''] }
/** Names the file where a command in an isolated network notes what is to be opened outside of it, where there is a desktop. */
export const PAGES_TO_OPEN = 'ASSAY_PAGES_TO_OPEN'

export function openInBrowser(path: string): void {
  const list = process.env[PAGES_TO_OPEN]
  if (list !== undefined) {
    appendFileSync(list, `${resolve(path)}\0`)
    return
  }
  const [command = 'xdg-open', ...args] = OPENERS[process.platform] ?? ['xdg-open']
  const opener = spawn(command, [...args, path], { stdio: 'ignore', detached: true })
  opener.on('error', () => process.stderr.write(`Could not start ${command}; open ${path} yourself.\n`))
  opener.unref()
}
