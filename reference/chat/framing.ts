/** How a door delimits messages on the wire. */
export type Transport = 'ws' | 'tcp'

const TEXT_FRAME = 0x81
const NEWLINE = 0x0a
const LENGTH_IN_16_BITS = 126
const LENGTH_IN_64_BITS = 127

/** Encodes JSON texts into one buffer that goes to any number of clients of a transport: a WebSocket frame (RFC 6455, 5.2) or a line each. */
export function encodeTexts(transport: Transport, texts: readonly string[]): Buffer {
  const lengths = texts.map(text => Buffer.byteLength(text))
  let total = 0
  for (const length of lengths) total += (transport === 'ws' ? frameHeaderBytes(length) : 1) + length

  const bytes = Buffer.allocUnsafe(total)
  let offset = 0
  for (const [index, text] of texts.entries()) {
    const length = lengths[index] ?? 0
    if (transport === 'ws') offset = writeFrameHeader(bytes, offset, length)
    offset += writeText(bytes, offset, text, length)
    if (transport === 'tcp') offset = bytes.writeUInt8(NEWLINE, offset)
  }
  return bytes
}

function frameHeaderBytes(length: number): number {
  if (length < LENGTH_IN_16_BITS) return 2
  return length < 0x1_0000 ? 4 : 10
}

function writeFrameHeader(bytes: Buffer, offset: number, length: number): number {
  bytes[offset] = TEXT_FRAME
  if (length < LENGTH_IN_16_BITS) {
    bytes[offset + 1] = length
    return offset + 2
  }
  if (length < 0x1_0000) {
    bytes[offset + 1] = LENGTH_IN_16_BITS
    return bytes.writeUInt16BE(length, offset + 2)
  }
  bytes[offset + 1] = LENGTH_IN_64_BITS
  return bytes.writeBigUInt64BE(BigInt(length), offset + 2)
}

/** Where a text has as many bytes as units it is ASCII, and a plain copy is several times quicker than UTF-8 encoding. */
function writeText(bytes: Buffer, offset: number, text: string, length: number): number {
  return bytes.write(text, offset, length, length === text.length ? 'latin1' : 'utf8')
}
