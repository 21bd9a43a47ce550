/** A bare TCP connection for what no honest client does: handshakes that never end, bytes one by one, floods. It reads and throws away. */
import type { Buffer } from 'node:buffer'
import { createConnection, type Socket } from 'node:net'
import type { RunningCandidate } from '../candidate/running-candidate.ts'

export class RawPeer {
  readonly #socket: Socket
  isClosed = false
  isOpen = false
  readBytes = 0
  /** The beginning of what was read. */
  heard = ''

  constructor(server: RunningCandidate, onEvent: () => void) {
    this.#socket = createConnection({ host: server.host, port: server.port, noDelay: true })
    this.#socket.on('connect', () => {
      this.isOpen = true
      onEvent()
    })
    this.#socket.on('data', (chunk: Buffer) => {
      this.readBytes += chunk.length
      if (this.heard.length < 4096) this.heard += chunk.toString('latin1')
      onEvent()
    })
    // Whatever ends it, `close` follows.
    this.#socket.on('error', () => undefined)
    this.#socket.on('close', () => {
      this.isClosed = true
      onEvent()
    })
  }

  get queuedBytes(): number {
    return this.#socket.writableLength
  }

  write(bytes: Buffer | string): void {
    if (this.#socket.writable) this.#socket.write(bytes)
  }

  destroy(): void {
    this.#socket.destroy()
  }
}
