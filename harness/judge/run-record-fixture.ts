/** For tests: the record of a run that went well, to be changed field by field. */
import { createLatencyHistogram, encodeLatencyHistogram } from '../record/latency-histogram.ts'
import type { GeneratorResult, Percentiles, RunRecord, RunSummary, TimelineRow } from '../record/run-record.ts'

export const THRESHOLDS = {
  completionP99Ms: 1000,
  lost: 0,
  duplicated: 0,
  misdelivered: 0,
  corrupted: 0,
  garbled: 0,
  dropped: 0,
}

export interface RecordChanges {
  readonly record?: Partial<RunRecord>
  readonly summary?: Partial<RunSummary>
  readonly generator?: Partial<GeneratorResult>
  /** Instead of the usual ones. */
  readonly thresholds?: Readonly<Record<string, number>>
  readonly networkRttMs?: number
}

export function runRecord(changes: RecordChanges = {}): RunRecord {
  const nothing = encodeLatencyHistogram(createLatencyHistogram())
  return {
    kind: 'assay-run',
    version: 1,
    status: 'finished',
    endedBy: 'schedule',
    statusText: '',
    startedAt: '2026-01-01T00:00:00.000Z',
    endedAt: '2026-01-01T00:00:30.000Z',
    command: 'assay run smoke',
    assayVersion: '0.0.0',
    seed: 7,
    repetition: 1,
    planHash: 'abc',
    machine: { os: 'Linux', cpu: 'x', cores: 2, memoryBytes: 1e9, node: 'v20' },
    candidate: {
      name: 'server',
      language: 'typescript',
      transport: 'ws',
      url: 'ws://127.0.0.1:7000',
      target: 'server',
      startedByAssay: true,
      containment: null,
      output: '',
      exit: '',
      networkRttMs: changes.networkRttMs ?? null,
    },
    scenario: { name: 'smoke', about: '', thresholds: changes.thresholds ?? THRESHOLDS },
    users: { planned: 10, joined: 10, channels: 2, memberships: 20 },
    slaMs: 1000,
    thresholds: [],
    phases: [],
    timeline: { intervalMs: 1000, bucketEdgesMs: [], rows: [] },
    curves: { completion: [], delivery: [] },
    histograms: { completion: nothing, delivery: nothing },
    cohorts: [],
    serverSamples: [],
    generatorSamples: [],
    evidence: [],
    ...changes.record,
    summary: summaryOf(changes),
  }
}

export function percentiles(p99: number, max = p99, count = 1000): Percentiles {
  return { count, p50: p99 / 2, p90: p99 / 1.5, p99, p999: max, max }
}

export function timelineRow(atMs: number, completionP99: number, sent = 10): TimelineRow {
  return { atMs, sent, deliveries: sent, shed: 0, p50: 1, p99: 1, max: 1, completionP99, completionMax: completionP99, heat: [] }
}

function summaryOf({ summary, generator }: RecordChanges): RunSummary {
  return {
    verdict: 'not attempted',
    reasons: [],
    messages: 1000,
    deliveries: 10_000,
    expectedDeliveries: 10_000,
    lost: 0,
    duplicated: 0,
    misdelivered: 0,
    corrupted: 0,
    garbled: 0,
    shed: 0,
    dropped: 0,
    lateCompletions: 0,
    stalls: [],
    completionMs: percentiles(20),
    deliveryMs: percentiles(15),
    joinMs: percentiles(10),
    slowReaders: [],
    server: { cpuSeconds: 1, cpuMax: 0.5, rssBytesMax: 1e8, fdsMax: 20, threadsMax: 11 },
    seed: 7,
    ...summary,
    generator: {
      workers: 1,
      sendLagMs: percentiles(2),
      loopDelayMs: percentiles(3),
      cpu: 0.4,
      saturated: false,
      saturation: [],
      missed: 0,
      unsent: 0,
      ...generator,
    },
  }
}
