import { Agent, request, type IncomingMessage } from 'node:http'
import { LIMITS } from './limits.ts'
import type { PeerAddress } from './peer-address.ts'
import type { PeerPath } from './peer-messages.ts'

/** Sends requests to one peer over few connections that are kept open. */
export class PeerLink {
  readonly address: PeerAddress
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 4, maxFreeSockets: 2 })

  constructor(address: PeerAddress) {
    this.address = address
  }

  /**
   * The peer's answer.
   *
   * @throws Error where it does not come in time, or is not 200. The connection is closed then, as whatever cut it may have left it half dead.
   */
  async ask(path: PeerPath, message: Buffer, signal: AbortSignal): Promise<Buffer> {
    const { host, port } = this.address
    const limit = AbortSignal.any([signal, AbortSignal.timeout(LIMITS.peerTimeoutMs)])
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const headers = { 'content-type': 'application/octet-stream', 'content-length': message.length }
      const outgoing = request({ host, port, path, method: 'POST', headers, agent: this.#agent, signal: limit }, resolve)
      outgoing.on('error', reject)
      outgoing.end(message)
    })
    const answer = await readAnswer(response)
    if (response.statusCode !== 200) throw new Error(`answered ${response.statusCode}: ${answer.toString('utf8', 0, 200)}`)
    return answer
  }

  close(): void {
    this.#agent.destroy()
  }
}

async function readAnswer(response: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of response as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes > LIMITS.maxPeerMessageBytes) throw new Error(`Expected at most ${LIMITS.maxPeerMessageBytes} bytes, got more.`)
    parts.push(part)
  }
  return Buffer.concat(parts, bytes)
}
