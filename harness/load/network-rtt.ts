/** How far away a server is: the round-trip time that no server can be blamed for. */
import { createConnection } from 'node:net'
import { networkInterfaces } from 'node:os'

const TRIES = 5
const TIMEOUT_MS = 3000

/** The median time of a TCP handshake in ms, or `null` for a server on this machine, where it means nothing, or when none succeeds. */
export async function measureNetworkRtt(host: string, port: number): Promise<number | null> {
  if (isThisMachine(host)) return null
  const times: number[] = []
  for (let i = 0; i < TRIES; i++) {
    const ms = await handshakeMs(host, port)
    if (ms !== null) times.push(ms)
  }
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? null
}

function isThisMachine(host: string): boolean {
  if (host === 'localhost' || host === '::1' || host.startsWith('127.')) return true
  return Object.values(networkInterfaces()).some(addresses => addresses?.some(({ address }) => address === host) === true)
}

function handshakeMs(host: string, port: number): Promise<number | null> {
  return new Promise(resolve => {
    const start = performance.now()
    const socket = createConnection({ host, port, timeout: TIMEOUT_MS })
    const end = (ms: number | null): void => {
      socket.destroy()
      resolve(ms)
    }
    socket.once('connect', () => end(performance.now() - start))
    socket.once('error', () => end(null))
    socket.once('timeout', () => end(null))
  })
}
