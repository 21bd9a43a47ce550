/**
 * A quick look at how many messages a second a server carries in one room, by steps of ever more load in a single run. It is coarse (the steps
 * are a factor apart); `assay capacity` searches finely.
 */
import { isWithoutRest } from '../record/generator-limits.ts'
import type { RunRecord } from '../record/run-record.ts'
import type { CheckContext } from './check.ts'
import { loadScenario, playTrial } from './load-trial.ts'
import type { RunningCandidate } from '../candidate/running-candidate.ts'

export const ROOM_USERS = 200
/** The contract's floor. */
export const FLOOR_PER_SECOND = 50
/** Messages a second. */
export const STEPS: readonly number[] = [75, 110, 170, 250, 375, 560, 850, 1270, 1900, 2850, 4300]
const STEP_SECONDS = 1.5
/** Later than this at the end of so short a step, a queue is growing that would pass the SLA in a longer one. */
const STEADY_MS = 400
/** With so much of the step's load unsent the generator has ended the search, not the server. */
const MISSED_SHARE = 0.02
/** A hiccup that makes a server shed a message or two is not the end of what it carries. */
const SHED_SHARE = 0.02

export interface RoomCapacity {
  /** Messages a second to a room of 200, the highest that was carried without a loss; the floor at least. */
  readonly perSecond: number
  /** What ended the search. */
  readonly endedBy: 'server' | 'generator' | 'the last step'
  readonly record: RunRecord
}

/** A room of 200, at `ratePerSecond` where a phase's load is 1. What of it is above the floor and may be shed, the phases mark as overload. */
export function roomScenario(name: string, phases: readonly object[], slaMs: number, ratePerSecond = FLOOR_PER_SECOND) {
  return loadScenario({
    name,
    users: ROOM_USERS,
    channels: 1,
    membership: { kind: 'all' },
    arrival: { model: 'open', ratePerSecond },
    body: { bytes: 100 },
    slaMs,
    phases,
  })
}

export async function findRoomCapacity(context: CheckContext, server: RunningCandidate): Promise<RoomCapacity> {
  const steps = STEPS.map(perSecond => ({
    name: `${perSecond} a second`,
    kind: 'hold',
    seconds: STEP_SECONDS,
    load: perSecond / FLOOR_PER_SECOND,
    overload: true,
  }))
  const phases = [{ name: 'warm-up', kind: 'warm-up', seconds: 1 }, ...steps, { name: 'drain', kind: 'drain', seconds: 5 }]
  const enough = new AbortController()
  const record = await playTrial({
    scenario: roomScenario('steps', phases, context.slaMs),
    server,
    seed: context.seed,
    signal: AbortSignal.any([context.signal, enough.signal]),
    onProgress: ({ progressRows, generatorSamples }) => {
      // Once it is plain that a step was too much, the next ones would only hurt.
      const late = progressRows.filter(row => row.maxUs > context.slaMs * 2000).length
      const lagging = generatorSamples.filter(sample => sample.sendLagMaxMs > context.slaMs).length
      if (late >= 2 || lagging >= 4) enough.abort()
    },
  })
  context.signal.throwIfAborted()
  return { ...highestCarried(record, context.slaMs), record }
}

function highestCarried(record: RunRecord, slaMs: number): Omit<RoomCapacity, 'record'> {
  let perSecond = FLOOR_PER_SECOND
  for (const [at, step] of STEPS.entries()) {
    const phase = record.phases.find(({ name }) => name === `${step} a second`)
    if (phase === undefined || phase.plannedMessages === 0) break
    const rows = record.timeline.rows.filter(row => row.atMs >= phase.startMs && row.atMs < phase.endMs)
    const isShed = rows.reduce((sum, row) => sum + row.shed, 0) > phase.plannedMessages * SHED_SHARE
    const isMissed = phase.sentMessages < phase.plannedMessages * (1 - MISSED_SHARE)
    const isSteady = phase.completionMs.count > 0 && phase.completionMs.p99 <= Math.min(slaMs, STEADY_MS)
    if (isMissed || isShed || !isSteady) {
      const lag = record.generatorSamples.filter(sample => sample.atMs >= phase.startMs && sample.atMs < phase.endMs + 1000)
      const isOurs = lag.some(sample => isWithoutRest(sample.cpu) || sample.sendLagMaxMs > STEADY_MS / 2)
      return { perSecond, endedBy: isOurs && !isShed ? 'generator' : 'server' }
    }
    perSecond = step
    if (at === STEPS.length - 1) return { perSecond, endedBy: 'the last step' }
  }
  return { perSecond, endedBy: 'server' }
}
