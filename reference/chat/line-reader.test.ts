import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { LineReader } from './line-reader.ts'

test('finds the same lines however the bytes are cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'grapheme' }).map(text => text.replaceAll('\n', ' '))),
      fc.array(fc.nat({ max: 40 })),
      (lines, cuts) => {
        const bytes = Buffer.from(lines.map(line => `${line}\n`).join(''))
        const reader = new LineReader(1000)
        const found: string[] = []
        let start = 0
        for (const cut of [...cuts, bytes.length]) {
          expect(reader.push(bytes.subarray(start, start + cut), line => void found.push(line.toString()))).toBe(true)
          start += cut
        }
        expect(found).toEqual(lines)
      },
    ),
  )
})

test('takes a line of the longest length byte by byte, and refuses one more', () => {
  const reader = new LineReader(3000)
  const found: number[] = []
  for (let count = 0; count < 3000; count++) reader.push(Buffer.from('x'), line => void found.push(line.length))
  expect(reader.push(Buffer.from('\n'), line => void found.push(line.length))).toBe(true)
  expect(found).toEqual([3000])
  expect(reader.push(Buffer.alloc(3001, 'x'), () => undefined)).toBe(false)
  expect(reader.push(Buffer.from('y\n'), () => undefined)).toBe(false)
})
