/**
 * Whether a server still holds its end of a connection. Whoever has stopped reading cannot see a close, as it stands behind all that was not
 * read; the kernel's table of sockets shows it at once. Linux only.
 */
import { readFileSync } from 'node:fs'
import type { RunningCandidate } from '../candidate/running-candidate.ts'

const ESTABLISHED = '01'
const CLOSE_WAIT = '08'

/** The ports of clients whose connection `server` holds open; `null` where nothing can be seen. */
export function heldPorts(server: RunningCandidate): ReadonlySet<number> | null {
  const rows = ['/proc/self/net/tcp', '/proc/self/net/tcp6'].flatMap(readRows)
  const ours = rows.filter(row => row.localPort === server.port)
  // Without even the listening socket, the table is not the one that the server's sockets stand in.
  if (ours.length === 0) return null
  return new Set(
    ours.filter(row => (row.state === ESTABLISHED || row.state === CLOSE_WAIT) && row.inode !== '0').map(row => row.remotePort),
  )
}

interface SocketRow {
  readonly localPort: number
  readonly remotePort: number
  readonly state: string
  readonly inode: string
}

function readRows(path: string): SocketRow[] {
  let text: string
  try {
    text = readFileSync(path, 'latin1')
  } catch {
    return []
  }
  return text
    .split('\n')
    .slice(1)
    .flatMap(line => {
      const [, local, remote, state, , , , , , inode] = line.trim().split(/\s+/)
      if (local === undefined || remote === undefined || state === undefined || inode === undefined) return []
      return [{ localPort: portOf(local), remotePort: portOf(remote), state, inode }]
    })
}

function portOf(address: string): number {
  return Number.parseInt(address.slice(address.lastIndexOf(':') + 1), 16)
}
