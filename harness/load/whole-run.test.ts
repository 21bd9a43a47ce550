/**
 * Whole runs over real sockets against servers that keep an exact account of what they did. Only counts are asserted, never times. The
 * runs of a group go side by side: most of their time is the five seconds of silence before a loss may be called one.
 */
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { resolveTarget } from '../candidate/find-candidate.ts'
import { startCandidate } from '../candidate/start-candidate.ts'
import {
  type FaultyServer,
  ourCounts,
  playAgainst,
  trueCounts,
  trueDeliveries,
  type WholeRun,
  type WholeRunOptions,
} from './whole-run-fixture.ts'

const FAULTY = new URL('../../candidates/fixtures/faulty/', import.meta.url)
const TIMEOUT_MS = 120_000
/** Faults that leave every message countable: what the run says must equal the server's account, count for count. */
const COUNTED = ['lose', 'tcp.lose', 'duplicate', 'tcp.stray', 'swap-label', 'corrupt', 'tcp.corrupt', 'garble', 'tcp.garble']
const RIGHT = ['none', 'tcp.batch', 'spacing', 'tcp.spacing', 'fragments', 'tcp.fragments']
const NOTHING_WRONG = { lost: 0, duplicated: 0, misdelivered: 0, corrupted: 0, garbled: 0, dropped: 0 }

describe.concurrent('whole runs', { timeout: TIMEOUT_MS }, () => {
  describe('a run against a server with one fault', () => {
    it.for(COUNTED)('counts exactly what %s did', async fixture => {
      const whole = await playWhole({ fixture, scenario: textFor(fixture) })
      expect(whole.run.status).toBe('finished')
      expect(ourCounts(whole)).toEqual(trueCounts(whole))
      expect(Math.abs(whole.summary.deliveries - trueDeliveries(whole))).toBeLessThanOrEqual(1)
      // The fault did happen.
      expect(faultsOf(whole)).toBeGreaterThan(0)
      expect(whole.run.evidence.length).toBeGreaterThan(0)
    })
  })

  describe('a run against a right server with odd habits', () => {
    it.for(RIGHT)('finds nothing wrong with %s', async fixture => {
      const whole = await playWhole({ fixture, scenario: textFor(fixture) })
      expect(ourCounts(whole)).toEqual(trueCounts(whole))
      expect(whole.summary).toMatchObject(NOTHING_WRONG)
      expect(whole.summary.deliveries).toBe(whole.summary.expectedDeliveries)
      expect(whole.summary.deliveries).toBe(trueDeliveries(whole))
      expect(whole.summary.messages).toBe(whole.played.plan.messages.count)
    })
  })

  describe('a run that ends otherwise than planned', () => {
    it('says that the server died, and how', async () => {
      const { run, summary } = await playWhole({ fixture: 'crash' })
      expect(run).toMatchObject({ status: 'failed', endedBy: 'server' })
      expect(run.statusText).toMatch(/3/)
      expect(summary.messages).toBeGreaterThan(0)
      expect(summary).toMatchObject({ duplicated: 0, misdelivered: 0, corrupted: 0, garbled: 0 })
    })

    it('calls what a server that hangs never delivered lost', async () => {
      const { run, summary } = await playWhole({ fixture: 'tcp.hang' })
      expect(run.status).toBe('finished')
      expect(summary.lost).toBeGreaterThan(0)
      expect(summary.stalls.at(-1)).toMatchObject({ recovered: false })
      expect(summary).toMatchObject({ duplicated: 0, misdelivered: 0, corrupted: 0, garbled: 0, dropped: 0 })
    })

    it('finds the stretch in which a server stood still, and calls nothing lost', async () => {
      const { summary } = await playWhole({ fixture: 'freeze', scenario: { phases: phasesOf(7) } })
      expect(summary).toMatchObject(NOTHING_WRONG)
      expect(summary.stalls.filter(({ durationMs, recovered }) => recovered && durationMs > 1500)).toHaveLength(1)
    })

    it('counts messages that came later than the SLA', async () => {
      const arrival = { model: 'open', process: 'constant', ratePerSecond: 800 }
      const { summary, truth } = await playWhole({ fixture: 'tcp.late', scenario: { arrival, phases: phasesOf(3) } })
      expect(summary).toMatchObject(NOTHING_WRONG)
      expect(truth['lateMessages']).toBeGreaterThan(0)
      // A full machine may make others late besides.
      expect(summary.lateCompletions).toBeGreaterThanOrEqual(truth['lateMessages'] ?? Infinity)
      expect(summary.completionMs.max).toBeGreaterThan(1490)
    })

    it('gives up on a server that lets nobody in, without waiting for every user', async () => {
      const { server, asked } = await listenInSilence()
      const { run } = await playAgainst(server, { fixture: 'silent', scenario: { users: 1000 } })
      expect(run).toMatchObject({ status: 'failed', endedBy: 'server', statusText: expect.stringMatching(/No user could connect/) })
      // Those who wait behind the first that were not let in never ask.
      expect(asked()).toBeLessThan(500)
    })

    it('waits for everyone who came while the server let in a few at a time, and says how long that took', async () => {
      const { server } = await listenSlowly(25)
      const { run, summary } = await playAgainst(server, {
        fixture: 'slow door',
        scenario: { users: 250, join: { perSecond: 100, afterStart: true } },
      })
      expect(run.users.joined).toBe(250)
      expect(summary).toMatchObject({ ...NOTHING_WRONG, joinMs: { count: 250 } })
      // The last came after 2.5 s and got in after 10 s. Of those, 5 s passed since it could ask, as 128 others were before it.
      expect(summary.joinMs.max).toBeGreaterThan(5500)
    })

    it('keeps what was measured when it is interrupted, and calls nothing lost', async () => {
      const whole = await playWhole({ fixture: 'none', abortAfterMs: 1500, workers: 2 })
      expect(whole.run).toMatchObject({ status: 'interrupted', endedBy: 'user' })
      expect(whole.summary).toMatchObject(NOTHING_WRONG)
      expect(whole.summary.messages).toBe(whole.truth['messages'])
      expect(whole.summary.messages).toBeLessThan(whole.played.plan.messages.count)
    })

    it('counts connections that the server cut without a reason', async () => {
      const whole = await playWhole({ fixture: 'drop' })
      expect(whole.summary.dropped).toBe(whole.truth['dropped'])
      expect(whole.summary.dropped).toBeGreaterThan(0)
      expect(whole.summary).toMatchObject({ ...NOTHING_WRONG, dropped: whole.summary.dropped })
    })
  })

  describe('a run of another shape', () => {
    it('takes no close for an eviction where the slow keep up, or are not slow yet', async () => {
      const cohorts = [
        { name: 'busy', share: 0.5, reading: 'pausing', pauseMs: 100, everyMs: 1000 },
        { name: 'awake', share: 0.5, reading: 'stopped', fromSeconds: 3.49 },
      ]
      const whole = await playWhole({ fixture: 'drop', scenario: { cohorts } })
      expect(whole.summary.dropped).toBeGreaterThan(0)
      expect(whole.summary.dropped).toBe(whole.truth['dropped'])
      expect(whole.summary.slowReaders.map(({ evicted }) => evicted)).toEqual([0, 0])
    })

    it('counts the same with several workers', async () => {
      const wholes = await Promise.all([1, 2, 3].map(workers => playWhole({ fixture: 'none', workers })))
      for (const whole of wholes) expect(ourCounts(whole)).toEqual(trueCounts(whole))
      const [one, ...more] = wholes.map(({ summary: { messages, deliveries, expectedDeliveries } }) => ({
        messages,
        deliveries,
        expectedDeliveries,
      }))
      for (const other of more) expect(other).toEqual(one)
    })

    it('finds a loss, a duplicate and a damaged body with two workers too', async () => {
      const wholes = await Promise.all(['lose', 'duplicate', 'corrupt-head'].map(fixture => playWhole({ fixture, workers: 2 })))
      for (const whole of wholes) {
        expect(ourCounts(whole)).toEqual(trueCounts(whole))
        expect(faultsOf(whole)).toBeGreaterThan(0)
      }
    })

    it('finds nothing wrong where users come and go', async () => {
      const churn = { kind: 'come-and-go', share: 0.3, stayMs: 1000, awayMs: 30 }
      const whole = await playWhole({ fixture: 'none', scenario: { churn } })
      expect(whole.run.status).toBe('finished')
      expect(whole.summary).toMatchObject(NOTHING_WRONG)
      expect(whole.summary.expectedDeliveries).toBeGreaterThan(0)
    })

    it('begins without anybody where everybody comes later', async () => {
      const churn = { kind: 'come-and-go', share: 1, stayMs: 1000, awayMs: 3400 }
      const scenario = { users: 2, channels: 1, membership: { kind: 'all' }, churn }
      const whole = await playWhole({ fixture: 'none', scenario, seed: 16 })
      expect(Math.min(...(whole.played.plan.sessions?.connectAtMs ?? [0]))).toBeGreaterThan(0)
      expect(whole.run).toMatchObject({ status: 'finished', users: { joined: 2 } })
      expect(whole.summary).toMatchObject(NOTHING_WRONG)
    })

    it('comes through a storm in which users return before they have quite left', async () => {
      const churn = { kind: 'reconnect-storm', share: 0.5, atSeconds: [1], withinMs: 5 }
      const whole = await playWhole({ fixture: 'tcp.none', scenario: { churn }, workers: 2 })
      expect(whole.run.status).toBe('finished')
      expect(whole.summary).toMatchObject(NOTHING_WRONG)
      expect(whole.run.users.joined).toBe(150)
    })

    it('holds slow readers who go on reading to everything, and stopped ones to nothing', async () => {
      const cohorts = [
        { name: 'pausing', share: 0.1, reading: 'pausing', pauseMs: 300, everyMs: 600 },
        { name: 'throttled', share: 0.1, reading: 'throttled', bytesPerSecond: 100_000 },
        { name: 'stopped', share: 0.1, reading: 'stopped' },
      ]
      const whole = await playWhole({ fixture: 'none', scenario: { cohorts } })
      expect(whole.summary).toMatchObject(NOTHING_WRONG)
      const [pausing, throttled, stopped] = whole.summary.slowReaders
      expect(pausing?.deliveries).toBe(pausing?.expectedDeliveries)
      expect(throttled?.deliveries).toBe(throttled?.expectedDeliveries)
      expect(stopped?.expectedDeliveries).toBe(0)
      expect(ourCounts(whole).messages).toBe(trueCounts(whole)['messages'])
    })

    it('lets users of a closed model wait for their own copies, and counts a damaged one among what has come', async () => {
      const arrival = { model: 'closed', thinkTimeMs: 400, outstandingPerUser: 2 }
      const wholes = await Promise.all(['none', 'corrupt-head'].map(fixture => playWhole({ fixture, scenario: { arrival }, workers: 2 })))
      for (const whole of wholes) {
        expect(ourCounts(whole)).toEqual(trueCounts(whole))
        expect(whole.summary.messages).toBeGreaterThan(whole.played.plan.users)
      }
    })

    it('lets users join while messages are being sent', async () => {
      const whole = await playWhole({ fixture: 'tcp.none', scenario: { join: { perSecond: 100, afterStart: true } } })
      expect(whole.summary).toMatchObject(NOTHING_WRONG)
      expect(whole.run.users.joined).toBe(100)
    })
  })
})

async function playWhole(options: WholeRunOptions): Promise<WholeRun> {
  const manifest = fileURLToPath(new URL(`candidate.${options.fixture}.yaml`, FAULTY))
  return await playAgainst(await startCandidate(await resolveTarget(manifest)), options)
}

/** A server that accepts every connection and never says a word. */
async function listenInSilence(): Promise<{ server: FaultyServer; asked: () => number }> {
  const sockets: Socket[] = []
  const server = await listen('ws', socket => sockets.push(socket))
  return { server, asked: () => sockets.length }
}

/** A right server that acknowledges joins one after the other, so many a second. */
async function listenSlowly(joinsPerSecond: number): Promise<{ server: FaultyServer }> {
  const members = new Map<string, Set<Socket>>()
  const joins: (() => void)[] = []
  const timer = setInterval(() => joins.shift()?.(), 1000 / joinsPerSecond)
  const take = (socket: Socket, line: string): void => {
    const { type, id, channel, channels, body } = JSON.parse(line) as Record<'type' | 'channel' | 'body', string> & {
      readonly id: number
      readonly channels: readonly string[]
    }
    if (type === 'send') {
      for (const member of members.get(channel) ?? []) member.write(`${JSON.stringify({ type: 'message', channel, body })}\n`)
      return
    }
    joins.push(() => {
      for (const name of channels) members.set(name, (members.get(name) ?? new Set()).add(socket))
      socket.write(`${JSON.stringify({ type: 'joined', id })}\n`)
    })
  }
  const server = await listen('tcp', socket => createInterface({ input: socket }).on('line', line => take(socket, line)))
  const stop = async (): Promise<void> => {
    clearInterval(timer)
    await server.stop()
  }
  return { server: { ...server, stop } }
}

async function listen(transport: 'ws' | 'tcp', connected: (socket: Socket) => void): Promise<FaultyServer> {
  const sockets: Socket[] = []
  const listener = createServer(socket => {
    sockets.push(socket.on('error', () => undefined).resume())
    connected(socket)
  }).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const address = listener.address()
  const stop = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy()
    listener.close()
    await Promise.resolve()
  }
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return { transport, host: '127.0.0.1', port, stop, output: () => 'truth {}\n', sample: () => null, hasExited: () => null }
}

function phasesOf(seconds: number): Record<string, unknown>[] {
  return [
    { name: 'hold', kind: 'hold', seconds },
    { name: 'drain', kind: 'drain', seconds: 30 },
  ]
}

/** Bodies of many scripts over one transport, plain ones over the other. */
function textFor(fixture: string): Record<string, unknown> {
  return { body: { bytes: { min: 0, max: 300 }, text: fixture.startsWith('tcp.') ? 'unicode' : 'ascii' } }
}

function faultsOf({ summary }: WholeRun): number {
  const { lost, duplicated, misdelivered, corrupted, garbled, dropped } = summary
  return lost + duplicated + misdelivered + corrupted + garbled + dropped
}
