/** One step of a capacity search: the scenario that it plays, and what is kept of it. */
import type { CapacityStep } from '../record/capacity-record.ts'
import type { RunRecord } from '../record/run-record.ts'
import type { Scenario } from '../scenario/scenario.ts'
import { medianServerCpu } from './exhausted.ts'
import { loadScenario } from './load-trial.ts'
import type { Steadiness } from './steadiness.ts'

export const WARM_UP_SECONDS = 2
/** A server that has just started compiles what it runs most, and would carry a backlog from that into the step. */
const FRESH_WARM_UP_SECONDS = 4
export const HOLD_SECONDS = 6
const DRAIN_SECONDS = 15
/** Of the load, while a server warms up. */
const WARM_UP_LOAD = 0.5

/** Messages a second, or what stands in for it in a closed model: one a user and think time. */
export function rateOf({ arrival, users }: Scenario): number {
  return arrival.model === 'open' ? arrival.ratePerSecond : (users * arrival.outstandingPerUser * 1000) / arrival.thinkTimeMs
}

/** The scenario with another load, and the phases of a step instead of its own. */
export function stepScenario(scenario: Scenario, by: 'users' | 'rate', load: number, isFresh: boolean): Scenario {
  const users = by === 'users' ? load : scenario.users
  const ratePerSecond = by === 'users' ? (rateOf(scenario) * load) / scenario.users : load
  const warmUp = isFresh ? FRESH_WARM_UP_SECONDS : WARM_UP_SECONDS
  // A storm that would come after the end of the step is no part of it.
  const { churn, ...rest } = scenario
  const isLate = churn?.kind === 'reconnect-storm' && churn.atSeconds.some(at => at >= warmUp + HOLD_SECONDS)
  return loadScenario({
    ...rest,
    ...(churn === undefined || isLate ? {} : { churn }),
    users,
    arrival: scenario.arrival.model === 'open' ? { ...scenario.arrival, ratePerSecond } : scenario.arrival,
    phases: [
      { name: 'warm-up', kind: 'warm-up', seconds: warmUp, ...(scenario.arrival.model === 'open' ? { load: WARM_UP_LOAD } : {}) },
      { name: 'hold', kind: 'hold', seconds: HOLD_SECONDS },
      { name: 'drain', kind: 'drain', seconds: DRAIN_SECONDS },
    ],
    // They belong to phases or to lengths that a step does not have.
    thresholds: {
      ...scenario.thresholds,
      recoveryMs: undefined,
      spikeGoodputShare: undefined,
      minDeliveries: undefined,
      evictedStopped: undefined,
    },
  })
}

/** A step that met its thresholds and yet falls behind for ever counts as failed. */
export function stepOf(record: RunRecord, load: number, { isSteady, growthMsPerSecond }: Steadiness): Omit<CapacityStep, 'exhausted'> {
  const { summary, users, phases, timeline } = record
  const hold = phases.find(({ name }) => name === 'hold')
  const seconds = hold === undefined ? 1 : (hold.endMs - hold.startMs) / 1000
  const rows = timeline.rows.filter(row => hold !== undefined && row.atMs >= hold.startMs && row.atMs < hold.endMs)
  const isBehind = summary.verdict === 'pass' && !isSteady
  return {
    load,
    users: users.planned,
    messagesPerSecond: (hold?.sentMessages ?? 0) / seconds,
    outcome: isBehind ? 'fail' : summary.verdict,
    reason: isBehind
      ? `Latency grew by ${growthMsPerSecond.toFixed(0)} ms each second: the server falls behind, and would pass the SLA of ${record.slaMs} ms within a minute.`
      : (summary.reasons[0] ?? ''),
    deliveriesPerSecond: rows.reduce((sum, row) => sum + row.deliveries, 0) / seconds,
    completionP50Ms: summary.completionMs.p50,
    completionP99Ms: summary.completionMs.p99,
    latencyGrowthMsPerSecond: growthMsPerSecond,
    lost: summary.lost,
    serverCpu: medianServerCpu(record),
    generatorCpu: summary.generator.cpu,
    rssBytes: summary.server?.rssBytesMax ?? null,
  }
}
