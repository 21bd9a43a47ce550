/**
 * Whether a server still holds its end of a connection. Whoever has stopped reading cannot see a close, as it stands behind all that was not
 * read; the kernel's table of sockets shows it at once. Linux only.
 */
import type { RunningCandidate } from '../candidate/running-candidate.ts'
import { readSocketTable, TCP_STATE } from '../candidate/socket-table.ts'

const OPEN_STATES: ReadonlySet<string> = new Set([TCP_STATE.established, TCP_STATE.closeWait])

/** The ports of clients whose connection `server` holds open; `null` where nothing can be seen. */
export function heldPorts(server: RunningCandidate): ReadonlySet<number> | null {
  const ours = readSocketTable().filter(({ localPort }) => localPort === server.port)
  // Without even the listening socket, the table is not the one that the server's sockets stand in.
  if (ours.length === 0) return null
  return new Set(ours.filter(({ state, inode }) => OPEN_STATES.has(state) && inode !== '0').map(({ remotePort }) => remotePort))
}
