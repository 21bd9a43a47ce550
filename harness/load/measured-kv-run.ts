/** From what was played to the measured part of a key-value run's record. No verdict; that is the judge's. */
import {
  createLatencyHistogram,
  encodeLatencyHistogram,
  type LatencyHistogram,
  percentileCurve,
  percentilesMs,
  recordLatency,
} from '../record/latency-histogram.ts'
import type { Evidence, KvRun, RunSummary, TimelineRow } from '../record/run-record.ts'
import { KV_KINDS } from '../scenario/kv-plan.ts'
import { ExactRows } from './exact-rows.ts'
import { judgeGenerator } from './generator-health.ts'
import { urlOfNode } from './kv-client-pool.ts'
import { supersededKeys } from './kv-final-state.ts'
import { ANSWER } from './kv-open-play.ts'
import { bucketEdgeMs, GRID_BUCKETS, GRID_INTERVAL_MS, LatencyGrid } from './latency-grid.ts'
import { type MeasuredRun, serverUse, unjudged } from './measured-run.ts'
import { killsOf, type PlayedKv } from './play-kv.ts'
import { thinned } from './thinned-samples.ts'

/** One answered request, as both models give it. */
interface Answered {
  readonly kind: number
  readonly phase: number
  readonly dueMs: number
  /** From due to answered: a closed model's requests are due when they are sent. */
  readonly latencyMs: number
  readonly serviceMs: number
}

export function measureKvRun(played: PlayedKv, slaMs: number): MeasuredRun & { readonly kv: KvRun } {
  const { plan, nodes, scenario } = played
  const sums = new Sums(played)
  for (const answered of answeredOf(played)) sums.take(answered, slaMs)
  return {
    status: played.status,
    endedBy: played.endedBy,
    statusText: played.statusText,
    planHash: plan.hash,
    seed: plan.seed,
    users: { planned: nodes.length, joined: nodes.length, channels: plan.keys, memberships: 0 },
    summary: summaryOf(played, sums),
    phases: phasesOf(played, sums),
    timeline: sums.timeline(),
    curves: { completion: percentileCurve(sums.latency), delivery: percentileCurve(sums.service) },
    histograms: { completion: encodeLatencyHistogram(sums.latency), delivery: encodeLatencyHistogram(sums.service) },
    cohorts: [],
    serverSamples: thinned(played.serverSamples),
    generatorSamples: thinned(played.generatorSamples),
    evidence: evidenceOf(played),
    kv: kvOf(played, sums, scenario.arrival.model),
  }
}

function* answeredOf({ plan, outcomes, closed }: PlayedKv): Generator<Answered> {
  const { requests, phases } = plan
  if (closed !== null) {
    for (const [index, latencyMs] of closed.latenciesMs.entries()) {
      const dueMs = Math.max(0, (closed.atMs[index] ?? 0) - latencyMs)
      const phase = phases.findIndex(({ endMs }) => dueMs < endMs)
      yield { kind: -1, phase: phase < 0 ? phases.length - 1 : phase, dueMs, latencyMs, serviceMs: latencyMs }
    }
    return
  }
  for (let request = 0; request < outcomes.answer.length; request++) {
    const answer = outcomes.answer[request]
    if (answer !== ANSWER.ok && answer !== ANSWER.wrong) continue
    const [dueMs, sentMs, endMs] = [requests.dueMs[request] ?? 0, outcomes.sentMs[request] ?? 0, outcomes.endMs[request] ?? 0]
    yield {
      kind: requests.kind[request] ?? 0,
      phase: requests.phase[request] ?? 0,
      dueMs,
      latencyMs: endMs - dueMs,
      serviceMs: endMs - sentMs,
    }
  }
}

/** Everything that is added up, in one pass over the answers. */
class Sums {
  readonly latency = createLatencyHistogram()
  readonly service = createLatencyHistogram()
  readonly perKind: readonly LatencyHistogram[] = KV_KINDS.map(() => createLatencyHistogram())
  readonly perPhase: readonly LatencyHistogram[]
  answered = 0
  late = 0
  readonly #played: PlayedKv
  readonly #grid: LatencyGrid
  readonly #exact = new ExactRows()

  constructor(played: PlayedKv) {
    this.#played = played
    this.#grid = new LatencyGrid(played.plan.scheduleMs)
    this.perPhase = played.plan.phases.map(() => createLatencyHistogram())
  }

  take({ kind, phase, dueMs, latencyMs, serviceMs }: Answered, slaMs: number): void {
    this.answered += 1
    const histograms = [
      this.perPhase[phase],
      ...(this.#played.plan.phases[phase]?.measured === true ? [this.latency, this.perKind[kind]] : []),
    ]
    for (const histogram of histograms) if (histogram !== undefined) recordLatency(histogram, latencyMs * 1000)
    this.#grid.record(dueMs * 1000, latencyMs * 1000)
    this.#exact.record(dueMs * 1000, latencyMs * 1000)
    if (this.#played.plan.phases[phase]?.measured !== true) return
    recordLatency(this.service, serviceMs * 1000)
    if (latencyMs > slaMs) this.late += 1
  }

  timeline(): { intervalMs: number; bucketEdgesMs: number[]; rows: TimelineRow[] } {
    const sent = sentPerRow(this.#played, this.#grid.rows)
    const rows = Array.from({ length: this.#grid.rows }, (_, row) => ({
      atMs: row * GRID_INTERVAL_MS,
      // A closed model sends what is answered.
      sent: this.#played.closed === null ? (sent[row] ?? 0) : this.#grid.countIn(row),
      deliveries: this.#grid.countIn(row),
      shed: 0,
      p50: this.#grid.percentileMs(row, 0.5),
      p99: this.#grid.percentileMs(row, 0.99),
      max: this.#grid.maxMs(row),
      completionP99: this.#exact.percentileMs(row, 0.99),
      completionMax: this.#exact.maxMs(row),
      heat: this.#grid.heat(row),
    }))
    return { intervalMs: GRID_INTERVAL_MS, bucketEdgesMs: Array.from({ length: GRID_BUCKETS }, (_, bucket) => bucketEdgeMs(bucket)), rows }
  }
}

function sentPerRow({ plan, outcomes }: PlayedKv, rows: number): Uint32Array {
  const sent = new Uint32Array(rows)
  for (let request = 0; request < outcomes.sentMs.length; request++) {
    if (Number.isNaN(outcomes.sentMs[request])) continue
    const row = Math.floor((plan.requests.dueMs[request] ?? 0) / GRID_INTERVAL_MS)
    sent[row] = (sent[row] ?? 0) + 1
  }
  return sent
}

function summaryOf(played: PlayedKv, sums: Sums): RunSummary {
  const { plan, outcomes, closed } = played
  const sendLag = createLatencyHistogram()
  let sent = 0
  for (let request = 0; request < outcomes.sentMs.length; request++) {
    const lagMs = (outcomes.sentMs[request] ?? NaN) - (plan.requests.dueMs[request] ?? 0)
    if (Number.isNaN(lagMs)) continue
    sent += 1
    recordLatency(sendLag, Math.max(0, lagMs) * 1000)
  }
  const failed = closed?.failed ?? countOf(outcomes.answer, ANSWER.failed) + countOf(outcomes.answer, ANSWER.refused)
  const requests = closed === null ? sent : sums.answered + closed.failed
  return {
    ...unjudged(plan.seed),
    messages: requests,
    deliveries: sums.answered,
    expectedDeliveries: requests,
    lost: failed,
    corrupted: closed?.wrong ?? countOf(outcomes.answer, ANSWER.wrong),
    lateCompletions: sums.late,
    completionMs: percentilesMs(sums.latency),
    deliveryMs: percentilesMs(sums.service),
    generator: judgeGenerator({
      workers: 1,
      sendLagMs: percentilesMs(sendLag),
      loopDelayMs: percentilesMs(played.loopDelay),
      // A closed model is meant to be as busy as it can: what it could not send, it did not ask for.
      samples: closed === null ? played.generatorSamples : [],
      planned: outcomes.answer.length,
      unsent: countOf(outcomes.answer, ANSWER.missed),
      overloadUnsent: 0,
      unconnected: 0,
      unconnectedWhy: '',
    }),
    server: serverUse(played),
  }
}

function phasesOf(played: PlayedKv, sums: Sums): MeasuredRun['phases'] {
  const { plan, outcomes, closed } = played
  const planned = plan.phases.map(() => 0)
  const sent = plan.phases.map(() => 0)
  for (let request = 0; request < outcomes.sentMs.length; request++) {
    const phase = plan.requests.phase[request] ?? 0
    planned[phase] = (planned[phase] ?? 0) + 1
    if (!Number.isNaN(outcomes.sentMs[request])) sent[phase] = (sent[phase] ?? 0) + 1
  }
  return plan.phases.map(({ name, kind, startMs, endMs, measured }, index) => {
    const completionMs = percentilesMs(sums.perPhase[index] ?? createLatencyHistogram())
    const counts =
      closed === null
        ? { plannedMessages: planned[index] ?? 0, sentMessages: sent[index] ?? 0 }
        : { plannedMessages: 0, sentMessages: completionMs.count }
    return { name, kind, startMs, endMs, measured, ...counts, completionMs }
  })
}

function kvOf(played: PlayedKv, sums: Sums, model: KvRun['model']): KvRun {
  const { nodes, tallies, outcomes, plan, closed, final, events } = played
  const measuredSeconds = plan.phases.reduce((sum, { startMs, endMs, measured }) => sum + (measured ? endMs - startMs : 0), 0) / 1000
  return {
    model,
    nodes: nodes.map((node, index) => ({
      name: node.name,
      url: urlOfNode(node),
      ...(tallies[index] ?? { tries: 0, answered: 0, unavailable: 0, broken: 0 }),
    })),
    keys: plan.keys,
    operations: KV_KINDS.map((kind, index) => ({
      kind,
      answered: closed === null ? (sums.perKind[index]?.totalCount ?? 0) : (closed.perKind[index] ?? 0),
      latencyMs: percentilesMs(sums.perKind[index] ?? createLatencyHistogram()),
    })),
    answeredPerSecond: measuredSeconds === 0 ? 0 : sums.latency.totalCount / measuredSeconds,
    retries: outcomes.retries,
    unavailable: closed?.unavailable ?? tallies.reduce((sum, tally) => sum + tally.unavailable, 0),
    failed: closed?.failed ?? countOf(outcomes.answer, ANSWER.failed) + countOf(outcomes.answer, ANSWER.refused),
    wrong: closed?.wrong ?? countOf(outcomes.answer, ANSWER.wrong),
    diverged: final?.diverged.length ?? null,
    superseded: final === null ? null : supersededKeys(plan, outcomes, final.agreed, killsOf(played)).length,
    events: events.map(({ atMs, node, kind }) => ({ atMs, node: nodes[node]?.name ?? String(node + 1), kind })),
  }
}

function evidenceOf({ outcomes, nodes, plan }: PlayedKv): Evidence[] {
  return outcomes.troubles.map(({ kind, request, node, text }) => {
    const server = nodes[node]?.name ?? String(node + 1)
    const [dueMs, sentMs, endMs] = [plan.requests.dueMs[request] ?? 0, outcomes.sentMs[request] ?? 0, outcomes.endMs[request] ?? 0]
    return {
      kind: kind === 'wrong' ? ('corrupted' as const) : ('lost' as const),
      text,
      lanes: ['client', server],
      events: [
        { lane: 'client', atMs: dueMs, kind: 'note' as const, text: 'due' },
        { lane: 'client', atMs: sentMs, kind: 'send' as const, text: 'first try' },
        { lane: server, atMs: endMs, kind: kind === 'wrong' ? ('wrong' as const) : ('missing' as const), text },
      ],
    }
  })
}

function countOf(answers: Uint8Array, wanted: number): number {
  return answers.reduce((sum, answer) => sum + Number(answer === wanted), 0)
}
