import type { RaceRecipe } from '../../record/race-recipe.ts'
import type { Check, CheckContext } from '../check.ts'
import { huntRace, type RaceGame } from '../race-hunt.ts'
import { ask, numbers, planned, rollOf, standing } from '../race-plan.ts'
import { shuffled } from '../random-order.ts'

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
  run: async context => await huntRace(raceJoinOrder, context, game),
}

function game(context: CheckContext): RaceGame {
  return { rounds: CHANNELS, plan: batch => plan(context, batch) }
}

function plan({ random }: CheckContext, batch: number): RaceRecipe {
  const all = numbers(CHANNELS)
  const backwards = [...all].reverse()
  const connections = numbers(CONTENDERS).map(at => standing(`contender ${at + 1}`))
  const acts = connections.map((_, at) => {
    const own = at % 2 === 0 ? all : backwards
    return ask(at, ...numbers(JOINS).map(turn => ({ join: turn % 3 === 2 ? shuffled(random, all) : own })))
  })
  return planned(batch, { channels: CHANNELS, connections, acts, roll: rollOf(random, { channels: CHANNELS, connections, acts }, all) })
}
