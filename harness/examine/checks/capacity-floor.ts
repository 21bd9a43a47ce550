import type { Check } from '../check.ts'
import { evidenceOfTrial, factAgainst, isOnlyLate, playTrial } from '../load-trial.ts'
import { findRoomCapacity, FLOOR_PER_SECOND, ROOM_USERS, roomScenario } from '../room-capacity.ts'

const HOLD_SECONDS = 6
const LOOKS = 2

export const capacityFloor: Check = {
  id: 's3.capacity',
  stage: '3',
  title: `A room of ${ROOM_USERS} at ${FLOOR_PER_SECOND} messages a second meets the SLA without loss; the largest of some larger loads that it carries is reported.`,
  provokes: 'The floor for 6 s; then ever more messages a second, in steps of 1.5 s, until the server or the generator can do no more.',
  needs: [],
  server: 'fresh',
  budgetMs: 120_000,
  async run(context) {
    const phases = [
      { name: 'warm-up', kind: 'warm-up', seconds: 2 },
      { name: 'hold', kind: 'hold', seconds: HOLD_SECONDS },
    ]
    const scenario = roomScenario('the floor', phases, context.slaMs)
    context.progress('the floor')
    let floor = await playTrial({ scenario, server: context.server, seed: context.seed, signal: context.signal })
    for (let look = 2; look <= LOOKS && floor.summary.verdict !== 'pass' && isOnlyLate(floor); look++) {
      floor = await playTrial({ scenario, server: context.server, seed: context.seed + look, signal: context.signal })
    }
    context.signal.throwIfAborted()
    const { verdict, reasons, completionMs } = floor.summary
    const figures: Record<string, number> = { floorCompletionP99Ms: completionMs.p99 }
    if (verdict !== 'pass') {
      return {
        outcome: verdict === 'fail' ? 'fail' : 'inconclusive',
        reason: `A room of ${ROOM_USERS} at ${FLOOR_PER_SECOND} messages a second: ${reasons[0] ?? ''}`,
        figures,
        evidence: evidenceOfTrial(floor),
      }
    }
    context.progress('ever more')
    const most = await findRoomCapacity(context, await context.startServer())
    const fact = factAgainst(most.record)
    if (fact !== null) {
      const reason = `In a room of ${ROOM_USERS} at more than ${FLOOR_PER_SECOND} messages a second: ${fact}`
      return { outcome: 'fail', reason, figures, evidence: evidenceOfTrial(most.record) }
    }
    figures['capacityMessagesPerSecond'] = most.perSecond
    figures['capacityDeliveriesPerSecond'] = most.perSecond * ROOM_USERS
    const limit = LIMITS[most.endedBy]
    return {
      outcome: 'pass',
      reason: `A room of ${ROOM_USERS} carried ${most.perSecond} messages a second (floor ${FLOOR_PER_SECOND}); ${limit}. At the floor, p99 completion was ${completionMs.p99.toFixed(0)} ms.`,
      figures,
    }
  },
}

const LIMITS = {
  server: 'more was too much for the server',
  generator: 'this machine could not offer more beside the server',
  'the last step': 'no more was tried',
}
