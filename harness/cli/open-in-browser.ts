/** Opens a file in whatever the system shows HTML with; says so where there is nothing. */
import { spawn } from 'node:child_process'

const OPENERS: Partial<Record<NodeJS.Platform, readonly string[]>> = { darwin: ['open'], win32: ['cmd', '/c', 'start', ''] }

export function openInBrowser(path: string): void {
  const [command = 'xdg-open', ...args] = OPENERS[process.platform] ?? ['xdg-open']
  const opener = spawn(command, [...args, path], { stdio: 'ignore', detached: true })
  opener.on('error', () => process.stderr.write(`Could not start ${command}; open ${path} yourself.\n`))
  opener.unref()
}
