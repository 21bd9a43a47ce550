import { spawn } from 'node:child_process'

/**
 * What the watcher runs: it waits for the end of its input, which only comes when we are gone, however we went; then it kills the server's
 * process group and whatever else carries the server's marker in its environment.
 */
const WATCHER = `
read _
kill -KILL -- "-$1" 2>/dev/null
for file in $(grep -lszxF -- "$2" /proc/[0-9]*/environ 2>/dev/null); do
  pid=\${file#/proc/}
  kill -KILL "\${pid%/environ}" 2>/dev/null
done
`

/**
 * Without a container nothing ends a server when our own process is killed outright. A shell beside it does, which holds one end of a pipe.
 *
 * @returns a function that ends the watch, to be called once the server is gone.
 */
export function endWithUs(groupId: number, marker: string): () => void {
  const watcher = spawn('sh', ['-c', WATCHER, 'sh', String(groupId), marker], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  // A watcher that could not be started, or was killed, costs only the last line of defence.
  watcher.on('error', () => undefined)
  watcher.stdin.on('error', () => undefined)
  watcher.unref()
  return () => void watcher.kill('SIGKILL')
}
