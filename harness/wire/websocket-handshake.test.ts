import { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import { createHandshake } from './websocket-handshake.ts'

/** The key and the answer of RFC 6455, section 1.3. */
const handshake = createHandshake('127.0.0.1', 7000, '/', Buffer.from('the sample nonce'))
const ACCEPT = 'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo='
const UPGRADE = 'Upgrade: websocket\r\nConnection: Upgrade'

describe('the opening handshake', () => {
  it('asks for an upgrade of the given path', () => {
    expect(handshake.request).toMatch(/^GET \/ HTTP\/1\.1\r\nHost: 127\.0\.0\.1:7000\r\n/)
    expect(handshake.request).toContain('\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n')
    expect(handshake.request.endsWith('\r\n\r\n')).toBe(true)
  })

  it('names an IPv6 host in brackets', () => {
    expect(createHandshake('::1', 7000, '/', Buffer.alloc(16)).request).toContain('\r\nHost: [::1]:7000\r\n')
  })

  it('accepts the right answer, whatever the case and order of its headers', () => {
    expect(handshake.rejects(`HTTP/1.1 101 Switching Protocols\r\n${UPGRADE}\r\n${ACCEPT}`)).toBeNull()
    expect(handshake.rejects(`HTTP/1.1 101 \r\nsec-websocket-accept:s3pPLMBiTxaQ9kYGzzhZRbK+xOo= \r\n${UPGRADE.toUpperCase()}`)).toBeNull()
  })

  it.each([
    ['another status', `HTTP/1.1 503 Service Unavailable\r\n${UPGRADE}\r\n${ACCEPT}`, /101.*503/],
    ['no HTTP at all', 'hello', /status line/],
    ['an answer to another key', `HTTP/1.1 101 x\r\n${UPGRADE}\r\nSec-WebSocket-Accept: AAAA`, /Sec-WebSocket-Accept/],
    ['an answer that upgrades to nothing', `HTTP/1.1 101 x\r\nConnection: Upgrade\r\n${ACCEPT}`, /Upgrade: websocket/],
    ['an answer that closes instead', `HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: close\r\n${ACCEPT}`, /Connection: Upgrade/],
    ['no answer to the key', `HTTP/1.1 101 x\r\n${UPGRADE}`, /Sec-WebSocket-Accept/],
    [
      'an extension that nobody offered',
      `HTTP/1.1 101 x\r\n${UPGRADE}\r\n${ACCEPT}\r\nSec-WebSocket-Extensions: permessage-deflate`,
      /extension/,
    ],
  ])('rejects %s', (_, response, reason) => {
    expect(handshake.rejects(response)).toMatch(reason)
  })
})
