import { expect, test } from 'vitest'
import { newCounters } from './counters.ts'
import { FairShare } from './fair-share.ts'
import { FlushPace } from './flush-pace.ts'
import { limitsWith } from './limits.ts'
import { LoadShedder } from './load-shedder.ts'
import { logAt } from './log.ts'
import { OverloadWatch } from './overload-watch.ts'
import { PressedProcess } from './pressure-fixture.ts'

/** A watch over readers for each of whom so many bytes wait. */
function watchOver(...waitingBytes: number[]) {
  const evicted: number[] = []
  const lines: string[] = []
  const limits = limitsWith()
  const sessions = waitingBytes.map(queuedBytes => ({ outbox: { queuedBytes }, handleOutboxGivenUp: () => void evicted.push(queuedBytes) }))
  const context = {
    counters: newCounters(),
    fairShare: new FairShare(limits),
    limits,
    pace: new FlushPace(limits),
    shedder: new LoadShedder(),
    sessions,
  }
  const machine = new PressedProcess()
  const log = logAt('info', line => void lines.push(line))
  const watch = new OverloadWatch(context, log, machine)
  watch.start()
  return { ...context, watch, machine, evicted, lines }
}

test('lets the slowest readers go when memory or queues are full, sixteen at a time, and none that is hardly behind', () => {
  const waiting = Array.from({ length: 20 }, (_, index) => 100_000 + index)
  for (const resource of ['memory', 'queuedBytes'] as const) {
    const { machine, evicted } = watchOver(65_536, ...waiting)
    machine.press(resource, 0.99, 5)
    expect(evicted).toEqual([])
    machine.press(resource, 1, 1)
    expect(evicted).toEqual(waiting.slice(4).reverse())
  }
})

test('lets nobody go for want of processor or bandwidth', () => {
  const { machine, evicted } = watchOver(10_000_000)
  machine.press('loopDelay', 2, 30)
  machine.press('bandwidth', 2, 30)
  expect(evicted).toEqual([])
})

test('batches for longer from the first step on, and no longer once it has passed', () => {
  const { machine, pace } = watchOver()
  machine.press('bandwidth', 1, 1)
  expect(pace.isOverloaded).toBe(true)
  machine.press('bandwidth', 0.1, 3)
  expect(pace.isOverloaded).toBe(false)
})

test('logs each change of step with what pressed, and nothing between', () => {
  const { machine, lines } = watchOver()
  machine.press('memory', 1, 1)
  machine.press('memory', 0.9, 50)
  machine.press('memory', 0.1, 3)
  expect(lines).toEqual([
    expect.stringContaining('load: normal -> batch longer (loopDelay 0 %, memory 100 %, queuedBytes 0 %, bandwidth 0 %)'),
    expect.stringContaining('load: batch longer -> normal (loopDelay 0 %, memory 10 %'),
  ])
})

test('looks at its own process where nothing else is said, and ends with its service', () => {
  const { machine, watch, counters, fairShare, limits, pace, shedder } = watchOver()
  watch.stop()
  expect(machine.hasEnded).toBe(true)
  const own = new OverloadWatch(
    { counters, fairShare, limits, pace, shedder, sessions: [] },
    logAt('silent', () => undefined),
  )
  expect(own.memoryBytes).toBeGreaterThan(1_000_000)
})
