import { callTheRoll } from '../census.ts'
import type { Check, CheckContext } from '../check.ts'
import { huntRace, type RaceGame } from '../race-hunt.ts'
import { shuffled } from '../random-order.ts'
import { release, releaseOf } from '../release.ts'
import type { Scene } from '../scene.ts'

const CONTENDERS = 16
const CHANNELS = 12
/** Joins of each connection in a batch: the first makes the channels, the others find them. */
const JOINS = 8

export const raceJoinOrder: Check = {
  id: 's1.race.join-order',
  stage: '1',
  title: 'Overlapping joins that name the same channels in different orders never lock each other out.',
  provokes:
    'Sixteen connections each pipeline eight joins of the same twelve channels, forwards, backwards and in random orders, released by a thaw or in a burst; then the roll is called.',
  needs: [],
  server: 'fresh',
  budgetMs: 240_000,
  run: async context => await huntRace(raceJoinOrder, context, begin),
}

async function begin(context: CheckContext, scene: Scene): Promise<RaceGame> {
  const actors = await scene.openMany(CONTENDERS, 'contender')
  return {
    rounds: CHANNELS,
    play: async batch => {
      const channels = Array.from({ length: CHANNELS }, () => scene.freshChannel('order'))
      const backwards = [...channels].reverse()
      await release(context, scene.server, releaseOf(batch), () => {
        actors.forEach((actor, place) => {
          const own = place % 2 === 0 ? channels : backwards
          const joins = Array.from({ length: JOINS }, (_, turn) => ({ join: turn % 3 === 2 ? shuffled(context.random, channels) : own }))
          actor.pipeline(joins)
        })
      })
      await scene.allSettled()
      await callTheRoll(context, scene, channels, actors)
    },
  }
}
