import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { quotedValue, valueText } from './kv-value.ts'

test('equal bytes have equal texts, other bytes other texts', () => {
  const bytes = fc.uint8Array({ maxLength: 200 })
  fc.assert(
    fc.property(bytes, bytes, (one, other) => {
      expect(valueText(one)).toBe(valueText(Uint8Array.from(one)))
      expect(valueText(one) === valueText(other)).toBe(Buffer.compare(one, other) === 0)
    }),
  )
})

test('long values that differ in their last byte only are told apart', () => {
  const [one, other] = [Buffer.alloc(100_000, 'v'), Buffer.alloc(100_000, 'v')]
  other[99_999] = 0
  expect(valueText(one)).not.toBe(valueText(other))
})

test('people read short values whole, and of long ones the beginning and the size', () => {
  expect(quotedValue(valueText(Buffer.from('a\nb')))).toBe('"a\\nb"')
  expect(quotedValue(valueText(Buffer.alloc(4096, 'abc ')))).toBe('"abc abc abc …" (4096 bytes)')
})
