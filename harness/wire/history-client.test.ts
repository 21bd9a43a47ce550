import { Buffer } from 'node:buffer'
import { expect, it } from 'vitest'
import { HistoryClient } from './history-client.ts'
import { createReadArea } from './read-area.ts'

it.each([
  ['nesting without end', '['.repeat(20_000) + ']'.repeat(20_000)],
  ['a delivery with such a body', `{"type":"message","channel":"c","body":${'['.repeat(20_000)}${']'.repeat(20_000)}}`],
])('a client of an examination takes %s for output that is not the protocol', (_, text) => {
  const garbled: string[] = []
  const ignored = (): void => undefined
  const client = new HistoryClient({ transport: 'tcp', host: '127.0.0.1', port: 1 }, createReadArea(1024), {
    opened: ignored,
    heard: ignored,
    delivery: ignored,
    joined: ignored,
    welcome: ignored,
    shed: ignored,
    refused: ignored,
    garbled: reason => garbled.push(reason),
    closed: ignored,
  })
  const bytes = Buffer.from(text)
  client.message(bytes, 0, bytes.length)
  client.destroy()
  expect(garbled).toEqual([expect.stringMatching(/^Expected .*nested too deeply/)])
})
