/** The kernel's table of TCP sockets in this network namespace, IPv4 and IPv6. Linux only: elsewhere it is empty. */
import { readFileSync } from 'node:fs'

export const TCP_STATE = { established: '01', closeWait: '08', listen: '0A' } as const

interface SocketRow {
  readonly localAddress: string
  readonly localPort: number
  readonly remotePort: number
  /** One of `TCP_STATE`, or another of the kernel's. */
  readonly state: string
  /** `0` where no process holds the socket any more. */
  readonly inode: string
}

/** All sockets, listening ones included. */
export function readSocketTable(): SocketRow[] {
  return ['/proc/self/net/tcp', '/proc/self/net/tcp6'].flatMap(readRows)
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
      const [hexAddress = '', hexPort = ''] = local.split(':')
      const remotePort = Number.parseInt(remote.slice(remote.lastIndexOf(':') + 1), 16)
      return [{ localAddress: addressOf(hexAddress), localPort: Number.parseInt(hexPort, 16), remotePort, state, inode }]
    })
}

/** The kernel prints addresses as 32-bit words in the machine's own byte order, which is little-endian wherever we run. */
function addressOf(hex: string): string {
  const bytes = Buffer.from(hex, 'hex')
  if (bytes.length % 4 !== 0) return hex
  bytes.swap32()
  if (bytes.length === 4) return bytes.join('.')
  if (bytes.every(byte => byte === 0)) return '[::]'
  if (bytes.subarray(0, 12).equals(Buffer.from('00000000000000000000ffff', 'hex'))) return bytes.subarray(12).join('.')
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16))
  return `[${groups
    .join(':')
    .replace(/\b0(:0)+\b/, ':')
    .replace(':::', '::')}]`
}
