import { describe, expect, test } from 'vitest'
import { connectionsPermitted } from './descriptor-limit.ts'
import { FlushPace } from './flush-pace.ts'
import { LIMITS, LIMIT_NAMES, flagOf, limitsAsMarkdown, limitsWith } from './limits.ts'
import { PingSweep } from './ping-sweep.ts'
import { ResourceMeter } from './resource-meter.ts'

const START = { nowMs: 0, cpuMs: 0, memoryBytes: 0, queuedBytes: 0, bytesOut: 0 }

describe('ResourceMeter', () => {
  const meter = () => new ResourceMeter(limitsWith({ maxOutgoingBytesPerSecond: 1000 }), 100, START)

  test('sees a busy loop in samples that come late', () => {
    expect(meter().sample({ ...START, nowMs: 600, cpuMs: 590 }).loopDelay).toBe(2)
  })

  test('does not take a process that was stopped for an overloaded one', () => {
    expect(meter().sample({ ...START, nowMs: 5100, cpuMs: 10 }).loopDelay).toBeLessThan(0.1)
  })

  test('measures memory, queues and bandwidth against their limits', () => {
    const pressures = meter().sample({ nowMs: 100, cpuMs: 0, memoryBytes: LIMITS.maxMemoryBytes.default, queuedBytes: 0, bytesOut: 50 })
    expect(pressures).toEqual({ loopDelay: 0, memory: 1, queuedBytes: 0, bandwidth: 0.5 })
  })
})

describe('FlushPace', () => {
  const paceAt = (costMs: number) => {
    const pace = new FlushPace({ busyWaitMs: 20, overloadWaitMs: 50 })
    for (let start = 0; start < 1000; start += 10) pace.noteFlush(start, start + costMs)
    return pace
  }

  test('does not wait at low load, waits in proportion when busy, and longest when overloaded', () => {
    expect(paceAt(2).waitMs).toBe(0)
    expect(paceAt(9).waitMs).toBeGreaterThan(9)
    expect(paceAt(9).waitMs).toBeLessThanOrEqual(20)
    const pace = paceAt(2)
    pace.isOverloaded = true
    expect(pace.waitMs).toBe(50)
  })
})

describe('PingSweep', () => {
  test('looks at everyone once a round, also while clients come and go', () => {
    const looks: number[] = []
    const client = (number: number) => ({ lookForLife: () => void looks.push(number) })
    const clients = new Set([0, 1, 2, 3, 4, 5].map(client))
    const sweep = new PingSweep(clients, 3)
    sweep.tick()
    expect(looks).toEqual([0, 1])
    sweep.tick()
    sweep.tick()
    expect(looks).toEqual([0, 1, 2, 3, 4, 5])
    clients.clear()
    sweep.tick()
    expect(looks).toHaveLength(6)
  })
})

describe('limits', () => {
  test('each default is within its range and has a reason, a flag and a row in the table', () => {
    const limits = limitsWith()
    for (const name of LIMIT_NAMES) {
      expect(limits[name]).toBe(LIMITS[name].default)
      expect(limitsAsMarkdown()).toContain(`\`${flagOf(name)}\` | ${LIMITS[name].default} | ${LIMITS[name].unit} | ${LIMITS[name].reason}`)
    }
    expect(flagOf('maxOutboxBytes')).toBe('--max-outbox-bytes')
  })

  test('refuses a value out of range, saying which and what to do', () => {
    expect(() => limitsWith({ maxOutboxBytes: 1 })).toThrow(/--max-outbox-bytes to be a whole number of bytes from 65536/)
    expect(() => limitsWith({ maxNameBytes: 1.5 })).toThrow(RangeError)
  })
})

describe('connectionsPermitted', () => {
  test('leaves a reserve below the descriptor limit', () => {
    expect(connectionsPermitted('Max open files            1024                 4096                 files')).toBe(960)
    expect(connectionsPermitted('Max open files            unlimited            unlimited            files')).toBe(1_000_000)
    expect(connectionsPermitted('Max open files            10                 10                 files')).toBe(1)
  })
})
