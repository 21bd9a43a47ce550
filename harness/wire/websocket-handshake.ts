/** The opening handshake of RFC 6455, section 4, from the client's side. */
import { createHash } from 'node:crypto'
import { hostPort } from './host-port.ts'

const MAGIC = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
/** A server's answer may not be longer than this; anything longer is no WebSocket server. */
export const MAX_RESPONSE_BYTES = 16_384

export interface Handshake {
  readonly request: string
  /** The reason why a response (status line and headers) is not acceptable, or `null` when it is. */
  rejects(response: string): string | null
}

/** `keyBytes` are 16 bytes of the caller's randomness. */
export function createHandshake(host: string, port: number, path: string, keyBytes: Buffer): Handshake {
  const key = keyBytes.toString('base64')
  const accept = createHash('sha1')
    .update(key + MAGIC)
    .digest('base64')
  const request =
    `GET ${path} HTTP/1.1\r\nHost: ${hostPort(host, port)}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
    `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n\r\n`
  return { request, rejects: response => reasonToReject(response, accept) }
}

function reasonToReject(response: string, accept: string): string | null {
  const [statusLine = '', ...lines] = response.split('\r\n')
  const status = /^HTTP\/1\.1 (\d{3})/.exec(statusLine)?.[1]
  if (status === undefined) return `Expected an HTTP/1.1 status line, got ${JSON.stringify(statusLine.slice(0, 80))}`
  if (status !== '101') return `Expected status 101 at the upgrade, got ${status}`
  const headers = new Map(lines.map(line => splitHeader(line)))
  if (headers.get('upgrade')?.toLowerCase() !== 'websocket') return 'Expected the header Upgrade: websocket in the answer, got none such'
  const connection = headers.get('connection')?.toLowerCase().split(',') ?? []
  if (!connection.some(token => token.trim() === 'upgrade')) return 'Expected the header Connection: Upgrade in the answer, got none such'
  if (headers.get('sec-websocket-accept') !== accept) return 'Expected Sec-WebSocket-Accept to answer the key, got another value'
  if (headers.has('sec-websocket-extensions')) return 'Expected no WebSocket extension (none was offered), got one'
  return null
}

function splitHeader(line: string): [string, string] {
  const colon = line.indexOf(':')
  return colon < 0 ? [line.toLowerCase(), ''] : [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()]
}
