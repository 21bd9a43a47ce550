import { assert, nat, property } from 'fast-check'
import { expect, test } from 'vitest'
import { createRandom } from '../../scenario/seeded-random.ts'
import { describeFault, drawSchedule } from './schedule.ts'

const SIZE = { nodes: 3, durationMs: 15_000 }

test('a seed gives the same faults at the same times', () => {
  const [first, again, other] = [1, 1, 2].map(seed => drawSchedule(createRandom(seed, 'schedule'), SIZE).map(describeFault))
  expect(again).toEqual(first)
  expect(other).not.toEqual(first)
})

test('every fault ends in time, hits nodes that there are, and leaves a process in peace for 2 s after its last', () => {
  assert(
    property(nat(), seed => {
      const faults = drawSchedule(createRandom(seed, 'schedule'), SIZE)
      const peace = new Map<number, number>()
      for (const { fault, startMs, endMs } of faults) {
        expect(startMs).toBeLessThan(endMs)
        expect(endMs).toBeLessThanOrEqual(SIZE.durationMs)
        expect(fault.node).toBeLessThan(SIZE.nodes)
        if (fault.kind === 'delay') expect(fault.other).not.toBe(fault.node)
        if (fault.kind !== 'kill' && fault.kind !== 'restart' && fault.kind !== 'pause') continue
        expect(startMs).toBeGreaterThanOrEqual(peace.get(fault.node) ?? 0)
        peace.set(fault.node, endMs + 2000)
      }
    }),
  )
})

test('all kinds of faults are drawn', () => {
  const kinds = Array.from({ length: 20 }, (_, seed) =>
    drawSchedule(createRandom(seed, 'schedule'), SIZE).map(({ fault }) => fault.kind),
  ).flat()
  expect(new Set(kinds)).toEqual(new Set(['kill', 'restart', 'pause', 'isolate', 'hold', 'delay']))
})
