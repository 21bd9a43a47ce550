import { describe, expect, it } from 'vitest'
import { LatencyCounts } from '../record/latency-counts.ts'
import { trimTable, GrowingMessageTable } from './message-table.ts'
import type { FromWorker, ToWorker, WorkerLink, WorkerProgress } from './transport.ts'
import { WorkerCrash, WorkerGroup } from './worker-group.ts'

/** A worker that says what the test lets it say. */
class FakeLink implements WorkerLink {
  readonly told: ToWorker[] = []
  say: (message: FromWorker) => void = () => undefined
  exit: (error: string | null) => void = () => undefined

  send(message: ToWorker): void {
    this.told.push(message)
  }

  onMessage(listener: (message: FromWorker) => void): void {
    this.say = listener
  }

  onExit(listener: (error: string | null) => void): void {
    this.exit = listener
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}

describe('a group of workers', () => {
  it('has an answer when every worker has given it, in whatever order', async () => {
    const { group, links } = groupOf(3)
    const asked = group.ask({ type: 'collect' }, 'collected')
    await turn()
    for (const worker of [2, 0, 1]) links[worker]?.say(collected(worker + 1))
    expect((await asked).map(({ table }) => table.count)).toEqual([1, 2, 3])
  })

  it('never takes the answer to an older question for the answer to a newer one', async () => {
    const { group, links } = groupOf(2)
    const older = group.ask({ type: 'collect' }, 'collected')
    await turn()
    links[0]?.say(collected(1))
    const newer = group.ask({ type: 'collect' }, 'collected')
    await turn()
    expect(links[0]?.told).toHaveLength(1)
    links[1]?.say(collected(1))
    await older
    await turn()
    links[1]?.say(collected(5))
    links[0]?.say(collected(5))
    expect((await newer).map(({ table }) => table.count)).toEqual([5, 5])
  })

  it('remembers what was said before it was waited for', async () => {
    const { group, links } = groupOf(2)
    for (const link of links) link.say({ type: 'sent' })
    expect(await group.expect('sent')).toHaveLength(2)
  })

  it('fails everything that waits when a worker ends without being asked', async () => {
    const { group, links } = groupOf(2)
    const asked = group.ask({ type: 'collect' }, 'collected')
    await turn()
    links[1]?.exit('TypeError: x is undefined')
    await expect(asked).rejects.toThrow(/Worker 1 .* TypeError/)
    await expect(group.failure).rejects.toBeInstanceOf(WorkerCrash)
  })

  it('takes a worker that does not answer for one that crashed', async () => {
    const { group, links } = groupOf(2)
    const asked = group.ask({ type: 'collect' }, 'collected', 20)
    await turn()
    links[0]?.say(collected(1))
    await expect(asked).rejects.toThrow(/answer collect within/)
  })

  it('adds up what all are missing only from what each said last', () => {
    const { group, links } = groupOf(2)
    expect(group.missing).toEqual([Infinity, Infinity])
    group.settle(trimTable(new GrowingMessageTable()))
    links[0]?.say({ type: 'balance', settlement: 1, missing: 4, lastReadUs: 10 })
    links[1]?.say({ type: 'balance', settlement: 1, missing: 2, lastReadUs: 30 })
    links[0]?.say({ type: 'balance', settlement: 1, missing: 1, lastReadUs: 20 })
    expect(group.missing).toEqual([1, 2])
    expect(group.lastReadUs).toEqual([20, 30])
  })

  it('tells all workers, the sender too, which messages of any of them have become old', () => {
    const { links } = groupOf(2)
    const old = { channel: Int32Array.of(1), sequence: Int32Array.of(4), dueUs: Float64Array.of(7) }
    links[1]?.say(progress(old))
    links[0]?.say(progress({ channel: new Int32Array(0), sequence: new Int32Array(0), dueUs: new Float64Array(0) }))
    for (const link of links) expect(link.told).toEqual([{ type: 'old', messages: old }])
  })

  it('does not take what was missing of an older settlement for what is missing of a newer one', () => {
    const { group, links } = groupOf(1)
    group.settle(trimTable(new GrowingMessageTable()))
    links[0]?.say({ type: 'balance', settlement: 1, missing: 0, lastReadUs: 10 })
    group.settle(trimTable(new GrowingMessageTable()))
    // Was on its way when the worker was told.
    links[0]?.say({ type: 'balance', settlement: 1, missing: 0, lastReadUs: 10 })
    expect(group.missing).toEqual([Infinity])
    links[0]?.say({ type: 'balance', settlement: 2, missing: 3, lastReadUs: 10 })
    expect(group.missing).toEqual([3])
  })
})

function groupOf(workers: number): { group: WorkerGroup; links: FakeLink[] } {
  const links = Array.from({ length: workers }, () => new FakeLink())
  return { group: new WorkerGroup(links), links }
}

function collected(rows: number): FromWorker {
  const table = new GrowingMessageTable()
  for (let i = 0; i < rows; i++) table.push(0, i, 0, 0, 0)
  return { type: 'collected', table: trimTable(table) }
}

function progress(old: WorkerProgress['old']): FromWorker {
  const counts = { duplicated: 0, misdelivered: 0, corrupted: 0, garbled: 0, dropped: 0 }
  const generator = { atMs: 0, cpu: 0, sendLagMaxMs: 0, loopDelayMaxMs: 0 }
  const none = { connected: 0, joined: 0, sent: 0, deliveries: 0, shed: 0, evicted: 0, dropped: 0, overdue: 0 }
  return { type: 'progress', progress: { atMs: 0, ...none, counts, generator, rows: [], old, latency: new LatencyCounts().snapshot() } }
}

function turn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
