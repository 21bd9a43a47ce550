import { Buffer } from 'node:buffer'
import { freshMask } from '../wire/chat-socket.ts'
import { encodeClientFrame, OPCODE } from '../wire/websocket-frames.ts'

const FINAL = 0x80

/** One text message as several frames (RFC 6455, section 5.4) of about equal length, with a ping between the first two. */
export function encodeFragments(text: string, fragments: number): Buffer {
  const payload = Buffer.from(text)
  const size = Math.ceil(payload.length / fragments)
  const frames: Buffer[] = []
  for (let at = 0; at < payload.length; at += size) {
    const frame = encodeClientFrame(at === 0 ? OPCODE.text : OPCODE.continuation, payload.subarray(at, at + size), freshMask())
    if (at + size < payload.length) frame[0] = (frame[0] ?? 0) & ~FINAL
    frames.push(frame)
    if (at === 0) frames.push(encodeClientFrame(OPCODE.ping, Buffer.from('still here'), freshMask()))
  }
  return Buffer.concat(frames)
}
