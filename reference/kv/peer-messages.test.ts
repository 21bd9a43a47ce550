import { array, assert, maxSafeInteger, nat, property, record, string } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { keyOf } from './key-path.ts'
import { parsePeers } from './peer-address.ts'
import { decodeBuckets, decodeKeys, decodeVersions, encodeBuckets, encodeKeys, encodeVersions } from './peer-messages.ts'

const key = string({ maxLength: 60, unit: 'grapheme' })

describe('messages between nodes', () => {
  test('come back as they were', () => {
    const version = record({ key, time: maxSafeInteger().map(Math.abs), origin: nat(), valueBytes: nat() })
    assert(
      property(array(version), versions => {
        expect(decodeVersions(encodeVersions(versions))).toEqual(versions)
      }),
    )
    assert(
      property(array(key), keys => {
        expect(decodeKeys(encodeKeys(keys))).toEqual(keys)
      }),
    )
    assert(
      property(array(nat(4095)), buckets => {
        expect(decodeBuckets(encodeBuckets(buckets))).toEqual(buckets)
      }),
    )
  })

  test('that are cut short are refused', () => {
    const versions = encodeVersions([{ key: 'abc', time: 1, origin: 2, valueBytes: 3 }])
    for (let length = 1; length < versions.length; length++) {
      expect(() => decodeVersions(versions.subarray(0, length))).toThrow(RangeError)
    }
    expect(() => decodeKeys(Buffer.from([0, 9, 65]))).toThrow(RangeError)
    expect(() => decodeBuckets(Buffer.from([0]))).toThrow(RangeError)
  })
})

describe('a list of peers', () => {
  const self = { name: 'a', host: '127.0.0.2', port: 7400 }

  test('leaves out the node itself, by name or by address', () => {
    expect(parsePeers('a=127.0.0.9:1, x=127.0.0.2:7400,b=127.0.0.3:7400,\nc=[::1]:7401\n', self)).toEqual([
      { name: 'b', host: '127.0.0.3', port: 7400 },
      { name: 'c', host: '::1', port: 7401 },
    ])
    expect(parsePeers('', self)).toEqual([])
  })

  test.each(['b', 'b=host', 'b=host:0', 'b=host:65536', '=host:1', 'b=:1'])(
    'is refused by name where a part is not an address: %s',
    text => {
      expect(() => parsePeers(text, self)).toThrow(/name=host:port/)
    },
  )
})

describe('the key of a path', () => {
  test.each([
    ['/kv/a', 'a'],
    ['/kv/..', '..'],
    ['/kv/a%2Fb%3Fc', 'a/b?c'],
    ['/kv/%00%0A', '\u0000\n'],
    ['/kv/%D0%BA', 'к'],
    [`/kv/${'a'.repeat(256)}`, 'a'.repeat(256)],
  ])('%s', (path, key) => {
    expect(keyOf(path)).toBe(key)
  })

  test.each(['/kv/', '/kv/a/b', '/kv/a?b', '/kv/%', '/kv/%zz', '/kv/%ff', `/kv/${'a'.repeat(257)}`, `/kv/${'%D0%BA'.repeat(129)}`])(
    'is refused: %s',
    path => {
      expect(() => keyOf(path)).toThrow(/Expected/)
    },
  )
})
