/** WebSocket framing (RFC 6455, section 5) as a client sees it: frames that it sends are masked, those that it reads are not. */
import { Buffer } from 'node:buffer'

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

const MAX_CLIENT_HEADER_BYTES = 14

/** One whole masked frame. `mask` is a 32-bit number; a fresh one a frame keeps proxies honest (RFC 6455, section 10.3). */
export function encodeClientFrame(opcode: number, payload: Uint8Array, mask: number): Buffer {
  const frame = Buffer.allocUnsafe(MAX_CLIENT_HEADER_BYTES + payload.length)
  const start = writeClientHeader(frame, opcode, payload.length, mask)
  frame.set(payload, start)
  applyMask(frame, start, payload.length, mask)
  return frame.subarray(0, start + payload.length)
}

/** Bytes that `writeClientHeader` needs for a payload of this length. */
export function clientHeaderBytes(payloadBytes: number): number {
  return payloadBytes < 126 ? 6 : payloadBytes < 65_536 ? 8 : 14
}

/** Writes a masked frame's header at the start of `frame` and returns where the payload begins. */
export function writeClientHeader(frame: Buffer, opcode: number, payloadBytes: number, mask: number): number {
  frame[0] = 0x80 | opcode
  let at = 2
  if (payloadBytes < 126) {
    frame[1] = 0x80 | payloadBytes
  } else if (payloadBytes < 65_536) {
    frame[1] = 0x80 | 126
    frame.writeUInt16BE(payloadBytes, 2)
    at = 4
  } else {
    frame[1] = 0x80 | 127
    frame.writeUInt32BE(Math.floor(payloadBytes / 2 ** 32), 2)
    frame.writeUInt32BE(payloadBytes >>> 0, 6)
    at = 10
  }
  frame.writeUInt32BE(mask >>> 0, at)
  return at + 4
}

export function applyMask(bytes: Buffer, start: number, length: number, mask: number): void {
  const key = [mask >>> 24, (mask >>> 16) & 255, (mask >>> 8) & 255, mask & 255]
  for (let i = 0; i < length; i++) bytes[start + i] = (bytes[start + i] ?? 0) ^ (key[i & 3] ?? 0)
}
