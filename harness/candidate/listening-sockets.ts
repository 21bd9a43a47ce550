import { readdirSync, readlinkSync } from 'node:fs'
import { readSocketTable, TCP_STATE } from './socket-table.ts'

/** A TCP socket in state LISTEN, as `/proc/net/tcp` shows it. */
export type ListeningSocket = { readonly address: string; readonly port: number }

const ALL_ADDRESSES = ['0.0.0.0', '[::]']

/** Where the given processes listen for TCP; empty where `/proc` cannot tell. They must share our network namespace. */
export function listeningSocketsOf(pids: readonly number[]): ListeningSocket[] {
  const inodes = new Set(pids.flatMap(socketInodes))
  return listening()
    .filter(({ inode }) => inodes.has(inode))
    .map(({ localAddress, localPort }) => ({ address: localAddress, port: localPort }))
}

/** Whether anything on this machine (in our network namespace) listens at that port: whatever the address, or so that nobody can at `host`. */
export function isPortTaken(port: number, host?: string): boolean {
  const isInTheWay = (address: string): boolean => host === undefined || address === host || ALL_ADDRESSES.includes(address)
  return listening().some(({ localAddress, localPort }) => localPort === port && isInTheWay(localAddress))
}

function listening(): ReturnType<typeof readSocketTable> {
  return readSocketTable().filter(({ state }) => state === TCP_STATE.listen)
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
