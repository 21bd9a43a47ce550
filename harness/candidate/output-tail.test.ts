import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { OutputTail } from './output-tail.ts'

test('what fits is kept whole', () => {
  const tail = new OutputTail(100)
  tail.write(Buffer.from('one\n'))
  tail.write(Buffer.from('two\n'))
  expect(tail.text()).toBe('one\ntwo\n')
})

test('what came after a moment is found by how much there was before it', () => {
  const tail = new OutputTail(10)
  tail.write(Buffer.from('same\n'))
  const before = tail.totalBytes
  expect(tail.text(before)).toBe('')
  tail.write(Buffer.from('same\n'))
  expect(tail.text(before)).toBe('same\n')
  tail.write(Buffer.from('more\nlast\n'))
  expect(tail.text(before)).toBe('[15 bytes before this are not kept]\nlast\n')
})

test('whatever the pieces, the end is kept from the start of a line on, and what is missing is counted', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 30 }), { maxLength: 60 }), fc.integer({ min: 1, max: 120 }), (lines, limit) => {
      const tail = new OutputTail(limit)
      const whole = Buffer.from(lines.map(line => `${line}\n`).join(''))
      for (const line of lines) tail.write(Buffer.from(`${line}\n`))
      expect(tail.totalBytes).toBe(whole.length)
      if (whole.length <= limit) {
        expect(tail.text()).toBe(whole.toString())
        return
      }
      const [notice = '', ...rest] = tail.text().split('\n')
      const missing = Number(/^\[(\d+) bytes/.exec(notice)?.[1])
      expect(rest.join('\n')).toBe(whole.subarray(missing).toString())
      expect(whole.length - missing).toBeLessThanOrEqual(limit)
    }),
  )
})
