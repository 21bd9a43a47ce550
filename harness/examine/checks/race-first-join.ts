import type { RaceRecipe, RecipeRequest } from '../../record/race-recipe.ts'
import type { Check, CheckContext } from '../check.ts'
import { huntRace, type RaceGame } from '../race-hunt.ts'
import { ask, numbers, planned, rollOf, standing } from '../race-plan.ts'
import { shuffled } from '../random-order.ts'

/** Few channels a connection, since the roll has to go slowly; many groups, so that a batch has many of them all the same. */
const GROUPS = 12
const CONTENDERS = 8
const CHANNELS = 16
/** Every so many batches the whole census, in some of the channels. */
const CENSUS_EVERY = 8
const CENSUS_CHANNELS = 16

export const raceFirstJoin: Check = {
  id: 's1.race.first-join',
  stage: '1',
  title: 'Connections that join a fresh channel at the same moment all become members.',
  provokes:
    'Eight connections join the same 16 fresh channels at once, and eleven more groups of eight do so with theirs, in one request or pipelined, in the same, rotated and reversed order, released by a thaw or in a burst; then a census.',
  needs: [],
  server: 'fresh',
  budgetMs: 240_000,
  run: async context => await huntRace(raceFirstJoin, context, game),
}

function game(context: CheckContext): RaceGame {
  return { rounds: GROUPS * CHANNELS, plan: batch => plan(context, batch), isAmplified: true }
}

function plan(context: CheckContext, batch: number): RaceRecipe {
  const { random } = context
  const channels = GROUPS * CHANNELS
  const connections = numbers(GROUPS * CONTENDERS).map(at =>
    standing(`contender ${Math.floor(at / CONTENDERS) + 1}.${(at % CONTENDERS) + 1}`),
  )
  const order = shuffled(random, numbers(connections.length))
  const acts = order.map((at, place) => {
    const own = numbers(CHANNELS, Math.floor(at / CONTENDERS) * CHANNELS)
    return ask(at, ...joinsOf(own, batch, place))
  })
  const roll = rollOf(random, { channels, connections, acts }, numbers(channels))
  return planned(batch, { channels, connections, acts, roll, census: batch % CENSUS_EVERY === 0 ? numbers(CENSUS_CHANNELS) : [] })
}

/** The same order is the strongest provocation, in one request or many; turned ones reach servers that lock all they are asked for. */
function joinsOf(channels: readonly number[], batch: number, place: number): RecipeRequest[] {
  const variant = (batch >> 1) % 4
  if (variant === 1 || variant === 3) return channels.map(channel => ({ join: [channel] }))
  if (variant === 0) return [{ join: [...channels] }]
  const turned = [...channels.slice(place % CHANNELS), ...channels.slice(0, place % CHANNELS)]
  return [{ join: place % 2 === 1 ? [...channels].reverse() : turned }]
}
