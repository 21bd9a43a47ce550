import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeTexts } from './framing.ts'

/** Reads unmasked, unfragmented text frames, refusing lengths that are not in their shortest form. */
function textsOfFrames(bytes: Buffer): string[] {
  const texts: string[] = []
  for (let offset = 0; offset < bytes.length;) {
    expect(bytes[offset]).toBe(0x81)
    const short = bytes.readUInt8(offset + 1)
    const header = short < 126 ? 2 : short === 126 ? 4 : 10
    const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(offset + 2) : Number(bytes.readBigUInt64BE(offset + 2))
    if (header === 4) expect(length).toBeGreaterThan(125)
    if (header === 10) expect(length).toBeGreaterThan(65_535)
    texts.push(bytes.toString('utf8', offset + header, offset + header + length))
    offset += header + length
  }
  return texts
}

describe('encodeTexts', () => {
  test('makes a frame of each text, whatever it holds', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 200 })), texts => {
        expect(textsOfFrames(encodeTexts('ws', texts))).toEqual(texts)
      }),
    )
  })

  test('uses the shortest length field at each border', () => {
    const texts = [0, 125, 126, 65_535, 65_536].map(length => 'x'.repeat(length))
    expect(textsOfFrames(encodeTexts('ws', texts))).toEqual(texts)
  })

  test('makes a line of each text', () => {
    expect(encodeTexts('tcp', ['{"a":"é"}', '{}']).toString()).toBe('{"a":"é"}\n{}\n')
  })
})
