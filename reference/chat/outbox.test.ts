import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Outbox } from './outbox.ts'
import type { ByteSink, OutboxLimits } from './outbox.ts'

const LIMITS: OutboxLimits = { maxOutboxBytes: 1000, maxOutboxMessages: 20, outboxRetryMs: 500, maxOutboxRetries: 2 }

/** A socket whose kernel buffer the test fills and empties by hand. It drains as net.Socket does: 'drain' comes when all is gone and someone was told to wait. */
class FakeSink implements ByteSink {
  taken: number[] = []
  writableLength = 0
  kernelRoom: number
  private needsDrain = false
  private listeners: (() => void)[] = []

  constructor(kernelRoom: number) {
    this.kernelRoom = kernelRoom
  }

  write(bytes: Uint8Array): boolean {
    this.taken.push(...bytes)
    this.writableLength += bytes.length
    const isBelowMark = this.writableLength < 100
    if (!isBelowMark) this.needsDrain = true
    this.pass()
    return isBelowMark
  }

  /** The client reads this much. */
  read(bytes: number): void {
    this.kernelRoom += bytes
    this.pass()
    while (this.needsDrain && this.writableLength === 0) {
      this.needsDrain = false
      for (const listener of this.listeners.splice(0)) listener()
    }
  }

  once(_event: 'drain', listener: () => void): void {
    this.listeners.push(listener)
  }

  cork(): void {}

  uncork(): void {}

  private pass(): void {
    const passed = Math.min(this.kernelRoom, this.writableLength)
    this.kernelRoom -= passed
    this.writableLength -= passed
  }
}

function setUp(kernelRoom: number, limits: Partial<OutboxLimits> = {}) {
  const sink = new FakeSink(kernelRoom)
  const state = { reasons: [] as string[], queuedBytes: 0, looks: [] as { delayMs: number; task: () => void }[] }
  const context = {
    limits: { ...LIMITS, ...limits },
    schedule: (delayMs: number, task: () => void) => {
      const look = { delayMs, task }
      state.looks.push(look)
      return () => {
        state.looks = state.looks.filter(other => other !== look)
      }
    },
    onQueuedBytes: (change: number) => {
      state.queuedBytes += change
    },
  }
  const outbox = new Outbox(sink, context, { handleOutboxGivenUp: reason => void state.reasons.push(reason) })
  const lookNow = (): number => {
    const look = state.looks.shift()
    look?.task()
    return look?.delayMs ?? -1
  }
  return { sink, state, outbox, lookNow }
}

describe('Outbox', () => {
  test('passes everything straight on while the reader keeps up, and sets no timer', () => {
    const { sink, state, outbox } = setUp(10_000)
    for (let count = 0; count < 50; count++) outbox.write(new Uint8Array(150).fill(count), 1)
    expect([sink.taken.length, outbox.isEmpty, state.looks.length]).toEqual([7500, true, 0])
  })

  test('holds back what a stalled reader cannot take, and goes on in order when it reads again', () => {
    const { sink, state, outbox } = setUp(0)
    for (let count = 0; count < 5; count++) outbox.write(new Uint8Array(100).fill(count), 1)
    expect([sink.taken.length, outbox.queuedBytes, state.queuedBytes]).toEqual([100, 500, 400])
    sink.read(10_000)
    expect(sink.taken.filter((_, index) => index % 100 === 0)).toEqual([0, 1, 2, 3, 4])
    expect([outbox.isEmpty, state.queuedBytes, state.looks.length]).toEqual([true, 0, 0])
  })

  test('gives a reader up once too many bytes wait, and lets go of them', () => {
    const { state, outbox } = setUp(0)
    for (let count = 0; count < 12; count++) outbox.write(new Uint8Array(100), 1)
    expect([state.reasons.length, state.queuedBytes, state.looks.length]).toEqual([1, 0, 0])
    expect(state.reasons[0]).toContain('1000 bytes')
  })

  test('gives a reader up once too many messages wait', () => {
    const { state, outbox } = setUp(0)
    for (let count = 0; count < 30; count++) outbox.write(new Uint8Array(count === 0 ? 100 : 1), 1)
    expect(state.reasons).toEqual(['slow reader: more than 20 messages were waiting'])
  })

  test('looks again after twice the time, and gives the reader up after the last look without progress', () => {
    const { state, outbox, lookNow } = setUp(0)
    outbox.write(new Uint8Array(100), 1)
    expect([lookNow(), lookNow(), lookNow(), lookNow()]).toEqual([500, 1000, 2000, -1])
    expect(state.reasons).toHaveLength(1)
  })

  test('starts counting looks again when the reader has moved', () => {
    const { sink, state, outbox, lookNow } = setUp(0)
    outbox.write(new Uint8Array(100), 1)
    outbox.write(new Uint8Array(100), 1)
    expect([lookNow(), lookNow()]).toEqual([500, 1000])
    sink.read(150)
    expect([lookNow(), lookNow(), lookNow()]).toEqual([2000, 500, 1000])
    expect(state.reasons).toEqual([])
  })

  test('drops what comes after it was closed', () => {
    const { sink, outbox } = setUp(10_000)
    outbox.close()
    outbox.write(new Uint8Array(10), 1)
    expect(sink.taken).toEqual([])
  })

  test('under any interleaving of writes, reads and looks: what arrives is a prefix of what was sent, and nothing is lost unless the reader was given up', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 30 }),
        fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 15 }),
        async (scheduler, sizes, reads) => {
          const { sink, state, outbox, lookNow } = setUp(50)
          const sent: number[] = []
          scheduler.scheduleSequence(
            sizes.map((size, index) => ({
              label: `write ${size}`,
              builder: () => {
                sent.push(...Array.from({ length: size }, () => index))
                outbox.write(new Uint8Array(size).fill(index), 1)
                return Promise.resolve()
              },
            })),
          )
          scheduler.scheduleSequence(
            reads.map(bytes => ({
              label: `read ${bytes}`,
              builder: () => {
                sink.read(bytes)
                return Promise.resolve()
              },
            })),
          )
          scheduler.scheduleSequence(
            [1, 2, 3].map(number => ({
              label: `look ${number}`,
              builder: () => {
                lookNow()
                return Promise.resolve()
              },
            })),
          )
          await scheduler.waitAll()
          for (let count = 0; count < 50; count++) sink.read(1000)
          expect(sink.taken).toEqual(sent.slice(0, sink.taken.length))
          expect(state.queuedBytes).toBe(0)
          expect(state.reasons.length).toBeLessThanOrEqual(1)
          if (state.reasons.length === 0) expect(sink.taken).toEqual(sent)
          expect(state.looks).toEqual([])
        },
      ),
    )
  })
})
