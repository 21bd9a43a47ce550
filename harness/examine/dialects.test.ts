import { Buffer } from 'node:buffer'
import { expect, test } from 'vitest'
import type { RequestFields } from './actor.ts'
import { DIALECTS } from './dialects.ts'

const LONG_NAMES = Array.from({ length: 1000 }, (_, place) => `${place}`.padEnd(64, '/'))
const REQUESTS: readonly RequestFields[] = [
  { type: 'join', id: 3, channels: ['red', ' é漢😀"\\/'] },
  { type: 'send', channel: ' é漢😀"\\/', body: 'a\nb\tc "{[]}" 😀' },
]

test.each(DIALECTS)('a request with $name is one line of JSON that says the same', ({ writing }) => {
  for (const fields of [...REQUESTS, { type: 'join', id: 3, channels: LONG_NAMES }]) {
    const line = writing(fields)
    expect(JSON.parse(line)).toMatchObject(fields)
    expect(line).not.toMatch(/[\r\n]/)
    expect(Buffer.byteLength(line)).toBeLessThan(1024 * 1024)
  }
})

test('every dialect is another way of writing, and the longest is nearly 1 MiB long', () => {
  const plain = DIALECTS.filter(({ joinId, before }) => joinId === undefined && before === undefined)
  const lines = plain.map(({ writing }) => REQUESTS.map(fields => writing(fields)).join('\n'))
  expect(lines).not.toContain(REQUESTS.map(fields => JSON.stringify(fields)).join('\n'))
  expect(Math.max(...lines.map(line => line.length))).toBeGreaterThan(2 * 1_000_000)
})
