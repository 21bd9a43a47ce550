/** How far away a server is: the round-trip time that no server can be blamed for. */
import { createConnection, isIP } from 'node:net'
import { networkInterfaces } from 'node:os'

const HANDSHAKES = 5
/** One more than are measured: the first with a name has its look-up in it. */
const MAX_TRIES = HANDSHAKES + 1
const TIMEOUT_MS = 3000

interface Handshake {
  readonly ms: number
  /** Where it was answered: a name tells that only once it is connected. */
  readonly address: string
}

/** The median time of a TCP handshake in ms, or `null` for a server on this machine, where it means nothing, or when none succeeds. */
export async function measureNetworkRtt(
  host: string,
  port: number,
  isHere: (address: string) => boolean = isThisMachine,
): Promise<number | null> {
  if (isHere(host)) return null
  const times: number[] = []
  let address = isIP(host) === 0 ? null : host
  for (let tries = 0; tries < MAX_TRIES && times.length < HANDSHAKES; tries++) {
    const done = await handshake(address ?? host, port)
    if (done === null) continue
    if (isHere(done.address)) return null
    if (address === null) address = done.address
    else times.push(done.ms)
  }
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? null
}

/** Of several servers that each answer a part of what is asked: the farthest, as only that one may explain the slowest answers. */
export async function measureFarthestRtt(
  servers: readonly { readonly host: string; readonly port: number }[],
  isHere: (address: string) => boolean = isThisMachine,
): Promise<number | null> {
  const times = await Promise.all(servers.map(async ({ host, port }) => await measureNetworkRtt(host, port, isHere)))
  return times.reduce((most, ms) => (ms === null ? most : Math.max(most ?? 0, ms)), null)
}

function isThisMachine(address: string): boolean {
  const plain = address.replace(/^::ffff:/, '')
  if (plain === 'localhost' || plain === '::1' || /^127\.[\d.]+$/.test(plain)) return true
  return Object.values(networkInterfaces()).some(own => own?.some(one => one.address === plain) === true)
}

async function handshake(host: string, port: number): Promise<Handshake | null> {
  return await new Promise(resolve => {
    const start = performance.now()
    const socket = createConnection({ host, port, timeout: TIMEOUT_MS })
    const end = (done: Handshake | null): void => {
      socket.destroy()
      resolve(done)
    }
    socket.once('connect', () => end({ ms: performance.now() - start, address: socket.remoteAddress ?? host }))
    socket.once('error', () => end(null))
    socket.once('timeout', () => end(null))
  })
}
