import type { Check, CheckContext, CheckFinding } from '../check.ts'
import { type CostSubject, examineCost } from '../cost-meter.ts'
import { costAmongMembers } from '../members-cost.ts'
import { leaveAll } from '../population.ts'
import type { Scene } from '../scene.ts'

const PROBES = 20
const JOINS_A_PROBE = 100

export const costJoin: Check = {
  id: 's1.cost.join',
  stage: '1',
  title: 'The cost of a join does not grow with the number of users and channels.',
  provokes:
    '2,000 joins of one channel each, fresh ones and ones with a single member, among 1,024 to 65,536 channels of 16 to 1,024 users; CPU time of the process, not wall time.',
  needs: ['own process'],
  server: 'fresh',
  budgetMs: 120_000,
  async run(context) {
    const finding = await examineCost(context, async scene => await Promise.resolve(joins(scene, limit => context.random.below(limit))))
    return context.quick || finding.outcome === 'fail' ? finding : await withMembers(context, finding)
  },
}

/** What the channel's own members cost is for the interviewer to know, and changes no outcome. */
async function withMembers(context: CheckContext, finding: CheckFinding): Promise<CheckFinding> {
  const cost = await costAmongMembers(context, context.scene())
  if (cost === null) return finding
  const { fewMembers, manyMembers, fewUs, manyUs } = cost
  const figures = { ...finding.figures, costAmongFewMembersUs: Math.round(fewUs), costAmongManyMembersUs: Math.round(manyUs) }
  const text = `Into a channel of ${fewMembers} members it cost ${fewUs.toFixed(0)} µs, of ${manyMembers} it cost ${manyUs.toFixed(0)} µs (told, not judged: a set that is copied when it changes is right).`
  return { ...finding, reason: `${finding.reason} ${text}`, figures }
}

function joins(scene: Scene, below: (limit: number) => number): CostSubject {
  return {
    name: 'A join',
    prepare: async population => {
      const probes = await scene.openMany(PROBES, 'probe')
      const channelAt = (place: number): string =>
        place % 2 === 0 ? scene.freshChannel('new') : population.channelName(below(population.channels))
      const requests = probes.map(() => Array.from({ length: JOINS_A_PROBE }, (_, place) => ({ join: [channelAt(place)] })))
      return {
        operations: PROBES * JOINS_A_PROBE,
        run: async () => {
          const tickets = probes.map((probe, place) => probe.pipeline(requests[place] ?? []))
          await scene.settledAll(
            probes.flatMap((probe, place) => tickets[place]?.map(() => probe) ?? []),
            tickets.flat(),
          )
        },
        cleanUp: async () => {
          for (const probe of probes) probe.close()
          await leaveAll(scene, probes)
        },
      }
    },
  }
}
