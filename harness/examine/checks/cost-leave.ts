import type { Check } from '../check.ts'
import { type CostSubject, examineCost } from '../cost-meter.ts'
import { leaveAll } from '../population.ts'
import type { Scene } from '../scene.ts'

const LEAVERS = 400

export const costLeave: Check = {
  id: 's1.cost.leave',
  stage: '1',
  title: "The cost of a disconnect grows with the connection's own channels only.",
  provokes:
    '400 connections of two channels each disconnect, among 1,024 to 65,536 channels of 16 to 1,024 other users; CPU time of the process, not wall time.',
  needs: ['own process'],
  server: 'fresh',
  budgetMs: 120_000,
  run: async context => await examineCost(context, async scene => await Promise.resolve(leaves(scene))),
}

function leaves(scene: Scene): CostSubject {
  return {
    name: 'A disconnect',
    prepare: async population => {
      const leavers = await scene.openMany(LEAVERS, 'leaver')
      const tickets = leavers.map((leaver, place) => leaver.join([scene.freshChannel('own'), population.channelName(place)]))
      await scene.settledAll(leavers, tickets)
      return {
        operations: LEAVERS,
        run: async () => {
          for (const leaver of leavers) leaver.close()
          await scene.patience.within(10_000, () => leavers.every(leaver => leaver.isClosed), scene.server)
        },
        cleanUp: async () => await leaveAll(scene, leavers),
      }
    },
  }
}
