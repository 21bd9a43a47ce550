/** Another node of the cluster, as this one reaches it. */
import { Agent, request } from 'node:http'

export const PEER_PREFIX = '/peer/'
export const MAX_PEER_MESSAGE_BYTES = 64 * 1024 * 1024
const TIMEOUT_MS = 2000
const MAX_CONNECTIONS = 4

export class Peer {
  readonly name: string
  readonly #host: string
  readonly #port: number
  readonly #agent = new Agent({ keepAlive: true, maxSockets: MAX_CONNECTIONS })

  constructor(name: string, host: string, port: number) {
    this.name = name
    this.#host = host
    this.#port = port
  }

  /**
   * Sends a message to the peer's `handlePeer` and returns its answer. `path` is yours to choose: small letters and `-`.
   * Throws when the peer cannot be reached, does not answer in time, or answers with an error.
   */
  ask(path: string, message: Buffer, timeoutMs = TIMEOUT_MS): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const options = { host: this.#host, port: this.#port, agent: this.#agent, method: 'POST', path: PEER_PREFIX + path }
      const call = request({ ...options, headers: { 'content-length': message.length } }, (response) => {
        const parts: Buffer[] = []
        response.on('data', (part: Buffer) => parts.push(part))
        response.on('error', fail)
        response.on('end', () => {
          clearTimeout(timer)
          if (response.statusCode === 200) resolve(Buffer.concat(parts))
          else reject(new Error(`${this.name} answered ${response.statusCode}`))
        })
      })
      const timer = setTimeout(() => call.destroy(new Error(`${this.name} did not answer within ${timeoutMs} ms`)), timeoutMs)
      const fail = (problem: Error): void => {
        clearTimeout(timer)
        reject(problem)
      }
      call.on('error', fail)
      call.end(message)
    })
  }
}

/** The peers in a list such as `a=127.0.0.2:7000,b=127.0.0.3:7000`, without the node itself. */
export function parsePeers(list: string, ownName: string): Peer[] {
  const peers: Peer[] = []
  for (const item of list.split(',').map((text) => text.trim())) {
    const parts = /^([^=]+)=(.+):(\d+)$/.exec(item)
    if (item === '') continue
    if (!parts) throw new Error(`Expected PEERS to be name=host:port,…, got ${item}`)
    const [, name = '', host = '', port] = parts
    if (name !== ownName) peers.push(new Peer(name, host, Number(port)))
  }
  return peers
}
