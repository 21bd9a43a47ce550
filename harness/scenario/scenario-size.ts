/** How large a scenario's plan will be, and the sizes that a run can hold. */
import { messagesIn } from './pacer.ts'
import { channelSizes } from './plan-members.ts'
import { usersIn } from './plan-cohorts.ts'
import { loadSegments, planSchedule } from './plan-phases.ts'
import type { Problem } from './scenario-error.ts'
import type { Scenario } from './scenario.ts'

/** A membership takes 4 bytes in every worker, and a join at the start. */
const MAX_MEMBERSHIPS = 20_000_000
/** A planned message takes about 30 bytes in every worker. */
const MAX_MESSAGES = 10_000_000
/** A planned delivery takes a bit in one worker, to know who has it. */
const MAX_DELIVERIES = 1_000_000_000
/** A session takes 16 bytes, and a connection from a limited number of ports. */
const MAX_SESSIONS = 1_000_000

export function sizeProblems(scenario: Scenario): Problem[] {
  const memberships = membershipsOf(scenario)
  const messages = mostMessages(scenario)
  const deliveries = Math.round(messages * meanReceivers(scenario))
  const sessions = mostSessions(scenario)
  const problems: Problem[] = []
  const limit = (what: string, paths: Problem['paths'], size: number, most: number, advice: string) => {
    if (size > most)
      problems.push({ paths, text: `Expected the plan to have at most ${number(most)} ${what}, got ${number(size)}. ${advice}` })
  }
  limit('memberships', [['membership'], ['users'], ['channels']], memberships, MAX_MEMBERSHIPS, 'Lower `users` or the channels of each.')
  if (memberships > MAX_MEMBERSHIPS) return problems
  limit('messages', [['arrival'], ['phases'], ['users']], messages, MAX_MESSAGES, 'Lower the rate of `arrival` or shorten `phases`.')
  const fewer = 'Lower `users`, the rate of `arrival`, or the seconds of `phases`, or use more channels.'
  limit('deliveries', [['arrival'], ['phases'], ['users'], ['channels'], ['membership']], deliveries, MAX_DELIVERIES, fewer)
  limit('sessions', [['churn'], ['phases'], ['users']], sessions, MAX_SESSIONS, 'Lower `churn.share` or let users stay longer.')
  if (messages < 1) {
    problems.push({
      paths: [['arrival'], ['phases']],
      text: 'Expected the schedule to hold at least one message, got none. Raise the rate of `arrival` or the load of `phases`.',
    })
  }
  return problems
}

/** The most messages that a plan can send: those that are due, or, in a closed model, those of a server that answers at once. */
function mostMessages({ arrival, phases, users, senders }: Scenario): number {
  const schedule = planSchedule(phases)
  if (arrival.model === 'closed') {
    const rounds = Math.ceil(schedule.scheduleMs / arrival.thinkTimeMs)
    return Math.max(1, usersIn(senders, users)) * arrival.outstandingPerUser * rounds
  }
  return Math.floor(loadSegments(schedule.phases, arrival.ratePerSecond).reduce((sum, segment) => sum + messagesIn(segment), 0) + 1e-6)
}

/** Members of the channel of a message, on average: senders are drawn evenly, and so are the channels of each. */
function meanReceivers({ membership, users, channels }: Scenario): number {
  const sizes = channelSizes(membership, users, channels)
  let squares = 0
  let sum = 0
  for (const size of sizes) {
    squares += size * size
    sum += size
  }
  return squares / sum
}

function membershipsOf({ membership, users, channels }: Scenario): number {
  return users * (membership.kind === 'all' ? channels : membership.channelsPerUser)
}

function mostSessions({ churn, users, phases }: Scenario): number {
  if (!churn) return 0
  const churners = usersIn(churn.share, users)
  if (churn.kind === 'reconnect-storm') return churners * (churn.atSeconds.length + 1)
  return churners * Math.ceil(planSchedule(phases).scheduleMs / (churn.stayMs + churn.awayMs) + 1)
}

function number(value: number): string {
  return value.toLocaleString('en-US')
}
