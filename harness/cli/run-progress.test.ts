import { expect, test } from 'vitest'
import { unplayed } from '../load/play-scenario.ts'
import { unplayedKv } from '../load/play-kv.ts'
import type { Played } from '../load/play-scenario.ts'
import type { WorkerProgress } from '../load/transport.ts'
import { LatencyCounts } from '../record/latency-counts.ts'
import { kvScenarioSchema } from '../scenario/kv-scenario.ts'
import { scenarioSchema } from '../scenario/scenario.ts'
import { createRunProgress } from './run-progress.ts'

const CHAT = scenarioSchema.parse({
  name: 'brief',
  users: 100,
  channels: 2,
  membership: { kind: 'fixed', channelsPerUser: 1 },
  arrival: { model: 'open', ratePerSecond: 50 },
  phases: [{ name: 'hold', kind: 'hold', seconds: 60 }],
})
const STORE = kvScenarioSchema.parse({
  name: 'brief store',
  exercise: 'kv',
  nodes: 2,
  keys: 20,
  arrival: { model: 'open', ratePerSecond: 50 },
  phases: [{ name: 'hold', kind: 'hold', seconds: 60 }],
})

test('a run that goes on shows what is overdue and wrong, and the p99 of all workers since the start', () => {
  // One in fifty was slow, long ago: within a worker's last seconds nothing of that is left.
  const one = told({ overdue: 3, latencies: [...Array<number>(90).fill(10), ...Array<number>(2).fill(4000)] })
  const other = told({ overdue: 4, latencies: Array<number>(8).fill(10), corrupted: 2 })
  const line = shown(one, other)
  expect(line).toContain('p99 so far 4,000 ms')
  expect(line).toContain('overdue 7')
  expect(line).toContain('wrong 2')
})

test('there is no p99 of a run of which nothing is held to the SLA yet', () => {
  expect(shown(told({ latencies: [] }))).toContain('p99 so far –')
})

test('a store’s run shows its p99 since the start, and how much failed and was wrong', () => {
  const { stream, lines } = fakeStream()
  const played = unplayedKv(STORE, 7, '', 'schedule')
  const { soFar } = played.outcomes
  Object.assign(soFar, { answered: 120, failed: 30, wrong: 1 })
  for (const latencyMs of [...Array<number>(98).fill(2), 700, 700]) soFar.latency.record(latencyMs * 1000)
  createRunProgress(stream, () => 0).showKv({ ...played, atMs: 1000 })
  expect(lines[0]).toMatch(/^hold {3}120 answers .*p99 so far 700 ms {2}failed 30 {2}wrong 1 /)
})

function shown(...progress: WorkerProgress[]): string {
  const { stream, lines } = fakeStream()
  const played: Played = { ...unplayed(CHAT, 7, '', 'user'), stage: 'playing', atMs: 5000, progress }
  createRunProgress(stream, () => 0).show(played)
  return lines[0] ?? ''
}

function told({ overdue = 0, corrupted = 0, latencies }: { overdue?: number; corrupted?: number; latencies: number[] }): WorkerProgress {
  const counts = new LatencyCounts()
  for (const latencyMs of latencies) counts.record(latencyMs * 1000)
  return {
    atMs: 5000,
    connected: 50,
    joined: 50,
    sent: 10,
    deliveries: 100,
    shed: 0,
    evicted: 0,
    dropped: 0,
    counts: { duplicated: 0, misdelivered: 0, corrupted, garbled: 0, dropped: 0 },
    overdue,
    old: { channel: new Int32Array(0), sequence: new Int32Array(0), dueUs: new Float64Array(0) },
    latency: counts.snapshot(),
    generator: { atMs: 5000, cpu: 0.1, sendLagMaxMs: 1, loopDelayMaxMs: 1 },
    rows: [],
  }
}

function fakeStream(): { stream: NodeJS.WriteStream; lines: string[] } {
  const lines: string[] = []
  const stream = { isTTY: false, columns: 80, write: (text: string) => lines.push(text) > 0 }
  return { stream: stream as unknown as NodeJS.WriteStream, lines }
}
