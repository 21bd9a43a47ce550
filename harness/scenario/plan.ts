/** Everything that a run will do, worked out before it starts, from a scenario and a seed alone. */
import { planMembers } from './plan-members.ts'
import { planHash } from './plan-hash.ts'
import { planMessages, type BodyRange, type PlannedMessages } from './plan-messages.ts'
import { planRoles, type PlanCohort } from './plan-cohorts.ts'
import { loadSegments, planSchedule, type PlanPhase } from './plan-phases.ts'
import { planSessions, type SessionPlan } from './plan-sessions.ts'
import type { Scenario } from './scenario.ts'

export interface Plan {
  /** Equal for two plans exactly when scenario (but for its name, its text and what it is held to) and seed are. */
  readonly hash: string
  readonly seed: number
  readonly users: number
  readonly channelNames: readonly string[]
  /** User u is in the channels `memberChannels[memberOffsets[u]]` to `memberChannels[memberOffsets[u + 1] - 1]`, ascending. */
  readonly memberOffsets: Uint32Array
  readonly memberChannels: Uint32Array
  /** Index 0 reads at full speed. */
  readonly cohorts: readonly PlanCohort[]
  readonly cohortOf: Uint8Array
  /** Without the drain. */
  readonly phases: readonly PlanPhase[]
  readonly scheduleMs: number
  readonly drainMs: number
  /** `count` is 0 in a closed model. */
  readonly messages: PlannedMessages
  readonly channelMessageCounts: Uint32Array
  readonly closed: { readonly thinkTimeMs: number; readonly outstandingPerUser: number } | null
  /** Sizes of bodies; the closed model draws from it, an open model's messages have drawn already. */
  readonly body: BodyRange
  /** Churn; `null` without. */
  readonly sessions: SessionPlan | null
  /** When each user is to connect, where users join during the schedule; else `null`: all have joined before it starts. */
  readonly joinAtMs: Float64Array | null
  /** The users that send, ascending. */
  readonly senders: Uint32Array
}

/** The same scenario and seed give the same plan, on every machine. `seed` is a whole number from 0 to 2^53-1. */
export function createPlan(scenario: Scenario, seed: number): Plan {
  const { users, channels, arrival } = scenario
  const { phases, scheduleMs, drainMs } = planSchedule(scenario.phases)
  const members = planMembers(scenario.membership, users, channels, seed)
  const { cohorts, cohortOf, churners, senders } = planRoles(scenario, seed)
  const sessions = scenario.churn ? planSessions(scenario.churn, churners, users, scheduleMs, seed) : null
  const joinAtMs = planJoins(scenario)
  const body = bodyRange(scenario)
  const segments = arrival.model === 'open' ? loadSegments(phases, arrival.ratePerSecond) : []
  const messages = planMessages({ arrival, segments, members, senders, sessions, joinAtMs, body, channels }, seed)
  return {
    hash: planHash(scenario, seed),
    seed,
    users,
    channelNames: Array.from({ length: channels }, (_, channel) => `c${channel}`),
    memberOffsets: members.offsets,
    memberChannels: members.channels,
    cohorts,
    cohortOf,
    phases,
    scheduleMs,
    drainMs,
    messages,
    channelMessageCounts: countPerChannel(messages.channel, channels),
    closed: arrival.model === 'closed' ? { thinkTimeMs: arrival.thinkTimeMs, outstandingPerUser: arrival.outstandingPerUser } : null,
    body,
    sessions,
    joinAtMs,
    senders,
  }
}

function planJoins({ users, join }: Scenario): Float64Array | null {
  return join.afterStart ? Float64Array.from({ length: users }, (_, user) => (user * 1_000) / join.perSecond) : null
}

function bodyRange({ body: { bytes } }: Scenario): BodyRange {
  return typeof bytes === 'number' ? { minBytes: bytes, maxBytes: bytes } : { minBytes: bytes.min, maxBytes: bytes.max }
}

function countPerChannel(channelOf: Uint32Array, channels: number): Uint32Array {
  const counts = new Uint32Array(channels)
  for (const channel of channelOf) counts[channel] = (counts[channel] ?? 0) + 1
  return counts
}
