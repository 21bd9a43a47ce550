/** Who reads slowly, who sends, and who comes and goes: disjoint where there are enough users, so that one effect is seen at a time. */
import { FULL_SPEED, type Scenario } from './scenario.ts'
import { createRandom, shuffle } from './seeded-random.ts'

export type PlanCohort =
  | { readonly name: string; readonly reading: 'full' }
  | { readonly name: string; readonly reading: 'throttled'; readonly bytesPerSecond: number; readonly fromMs: number }
  | { readonly name: string; readonly reading: 'pausing'; readonly pauseMs: number; readonly everyMs: number; readonly fromMs: number }
  | { readonly name: string; readonly reading: 'stopped'; readonly fromMs: number }

export interface Roles {
  readonly cohorts: readonly PlanCohort[]
  /** Index into `cohorts` of each user; 0 reads at full speed. */
  readonly cohortOf: Uint8Array
  /** Users who come and go, ascending; they read at full speed while there are enough who do. */
  readonly churners: Uint32Array
  /** Users who send, ascending. */
  readonly senders: Uint32Array
}

export function planRoles(scenario: Scenario, seed: number): Roles {
  const { users } = scenario
  const order = Uint32Array.from({ length: users }, (_, user) => user)
  shuffle(order, createRandom(seed, 'roles'))
  const cohortOf = new Uint8Array(users)
  let taken = 0
  scenario.cohorts.forEach(({ share }, index) => {
    const members = order.subarray(taken, taken + usersIn(share, users))
    taken += members.length
    for (const user of members) cohortOf[user] = index + 1
  })
  const churners = order.slice(taken, taken + usersIn(scenario.churn?.share ?? 0, users))
  const cohorts = [{ name: FULL_SPEED, reading: 'full' } as const, ...scenario.cohorts.map(toPlanCohort)]
  return { cohorts, cohortOf, churners: churners.sort(), senders: planSenders(scenario, cohortOf, seed) }
}

/** A share of the users as a whole number: at least one where the share is more than none. */
export function usersIn(share: number, users: number): number {
  return share === 0 ? 0 : Math.max(1, Math.round(share * users))
}

function planSenders(scenario: Scenario, cohortOf: Uint8Array, seed: number): Uint32Array {
  const everyone = Uint32Array.from(cohortOf, (_, user) => user)
  const fullSpeed = everyone.filter(user => cohortOf[user] === 0)
  const able = fullSpeed.length > 0 ? fullSpeed : everyone
  const count = Math.min(able.length, Math.max(1, usersIn(scenario.senders, scenario.users)))
  // Users who join during the schedule do so in the order of their numbers; whoever comes first has the longest time to send.
  if (!scenario.join.afterStart) shuffle(able, createRandom(seed, 'senders'))
  return able.slice(0, count).sort()
}

function toPlanCohort(cohort: Scenario['cohorts'][number]): PlanCohort {
  const { name, reading } = cohort
  const fromMs = cohort.fromSeconds * 1_000
  if (reading === 'throttled') return { name, reading, bytesPerSecond: cohort.bytesPerSecond, fromMs }
  if (reading === 'pausing') return { name, reading, pauseMs: cohort.pauseMs, everyMs: cohort.everyMs, fromMs }
  return { name, reading, fromMs }
}
