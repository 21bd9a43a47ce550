import { array, assert, boolean, integer, property, record } from 'fast-check'
import { expect, test } from 'vitest'
import { HybridClock } from './hybrid-clock.ts'

const DAY_MS = 24 * 3600 * 1000
const NOW_MS = Date.UTC(2030, 0, 1)

test('times only rise, whatever the wall clock does and whatever is seen', () => {
  const steps = array(record({ wallMs: integer({ min: NOW_MS - DAY_MS, max: NOW_MS + DAY_MS }), isSeen: boolean() }))
  assert(
    property(steps, steps => {
      let wallMs = NOW_MS
      const [ours, theirs] = [new HybridClock(() => wallMs, DAY_MS), new HybridClock(() => wallMs, DAY_MS)]
      let last = 0
      for (const step of steps) {
        wallMs = step.wallMs
        if (step.isSeen) {
          const seen = theirs.next()
          ours.observe(seen)
          last = Math.max(last, seen)
        }
        const time = ours.next()
        expect(time).toBeGreaterThan(last)
        expect(Number.isSafeInteger(time)).toBe(true)
        last = time
      }
    }),
  )
})

test('a write that follows one of a node with a fast clock is later all the same', () => {
  const fast = new HybridClock(() => NOW_MS + 10 * 60_000, DAY_MS)
  const slow = new HybridClock(() => NOW_MS, DAY_MS)
  const first = fast.next()
  slow.observe(first)
  expect(slow.next()).toBeGreaterThan(first)
})

test('a time of minutes ahead is plausible, one of days is not', () => {
  const clock = new HybridClock(() => NOW_MS, DAY_MS)
  expect(clock.isPlausible(new HybridClock(() => NOW_MS + DAY_MS / 2, DAY_MS).next())).toBe(true)
  expect(clock.isPlausible(new HybridClock(() => NOW_MS + DAY_MS * 2, DAY_MS).next())).toBe(false)
})
