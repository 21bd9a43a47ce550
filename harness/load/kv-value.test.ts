import { assert, integer, nat, property } from 'fast-check'
import { expect, test } from 'vitest'
import { valueOf, writeOf } from './kv-value.ts'

const key = integer({ min: 0, max: 1_000_000 })
const write = integer({ min: 0, max: 5_000_000 })
const bytes = integer({ min: 24, max: 400 })

test('a value is known for the write that it is of', () => {
  assert(
    property(key, write, bytes, (key, write, bytes) => {
      expect(writeOf(valueOf(key, write, bytes), key, () => bytes)).toBe(write)
    }),
  )
})

test('a value with one byte changed, one that was cut, and that of another key are of no write', () => {
  assert(
    property(key, write, bytes, nat(), integer({ min: 1, max: 255 }), (key, write, bytes, place, change) => {
      const whole = valueOf(key, write, bytes)
      const changed = Buffer.from(whole)
      changed.writeUInt8((whole[place % bytes] ?? 0) ^ change, place % bytes)
      // A changed number in the header names another write, which had another value.
      expect(writeOf(changed, key, () => bytes)).toBeUndefined()
      expect(writeOf(whole.subarray(0, bytes - 1), key, () => bytes)).toBeUndefined()
      expect(writeOf(whole, key + 1, () => bytes)).toBeUndefined()
      expect(writeOf(whole, key, () => undefined)).toBeUndefined()
    }),
  )
})
