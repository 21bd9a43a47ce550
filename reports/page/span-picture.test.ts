import { expect, test } from 'vitest'
import { spanPicture } from './span-picture.ts'

const spans = [
  { lane: 'client 1 on a', fromMs: 0, toMs: 10, text: 'writes "one"', isWrong: false },
  { lane: 'client 2 on a', fromMs: 5, toMs: null, text: 'writes <b>', isWrong: false },
  { lane: 'client 3 on a', fromMs: 20, toMs: 40, text: 'reads "one"', isWrong: true },
]

test('each operation is a bar from its call to its answer; one that was never answered lasts to the end', () => {
  const bars = [
    ...spanPicture({ spans, events: [] }).markup.matchAll(/<rect\s+class="span ([^"]*)"\s+x="([\d.]+)"[^>]*\swidth="([\d.]+)"/g),
  ]
  const [first, open, wrong] = bars.map(([, look = '', x, width]) => ({
    look: look.trim(),
    from: Number(x),
    to: Number(x) + Number(width),
  }))
  expect(first).toMatchObject({ look: '' })
  expect(open?.look).toBe('open')
  expect(open?.to).toBe(wrong?.to)
  expect(wrong?.look).toBe('bad')
  expect(wrong?.from).toBeGreaterThan(first?.to ?? Infinity)
})

test('what was done to a node is a mark at its time, and nothing becomes markup', () => {
  const events = [{ lane: 'node a', atMs: 15, kind: 'close' as const, text: 'kill -9' }]
  const { markup } = spanPicture({ spans, events })
  expect(markup).toContain('<title>kill -9</title>')
  expect(markup).not.toContain('<b>')
})
