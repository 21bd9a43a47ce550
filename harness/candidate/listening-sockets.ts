import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** A TCP socket in state LISTEN, as `/proc/net/tcp` shows it. */
export type ListeningSocket = { readonly address: string; readonly port: number }

const LISTEN = '0A'

/** Where the given processes listen for TCP; empty where `/proc` cannot tell. They must share our network namespace. */
export function listeningSocketsOf(pids: readonly number[]): ListeningSocket[] {
  const inodes = new Set(pids.flatMap(socketInodes))
  return ['/proc/self/net/tcp', '/proc/self/net/tcp6'].flatMap(readTable).filter(row => inodes.has(row.inode))
}

/** Whether anything on this machine (in our network namespace) listens at that port, whatever the address. */
export function isPortTaken(port: number): boolean {
  return ['/proc/self/net/tcp', '/proc/self/net/tcp6'].flatMap(readTable).some(row => row.port === port)
}

function socketInodes(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap(name => {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${name}`))?.[1]
      return inode === undefined ? [] : [inode]
    })
  } catch {
    // The process or one of its descriptors is gone, or not ours to look at.
    return []
  }
}

function readTable(path: string): (ListeningSocket & { inode: string })[] {
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
      const fields = line.trim().split(/\s+/)
      const [hexAddress, hexPort] = (fields[1] ?? '').split(':')
      if (fields[3] !== LISTEN || hexAddress === undefined || hexPort === undefined) return []
      return [{ address: addressOf(hexAddress), port: Number.parseInt(hexPort, 16), inode: fields[9] ?? '' }]
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
