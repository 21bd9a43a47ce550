import type { RaceRecipe, RecipeAct, RecipeConnection } from '../../record/race-recipe.ts'
import type { Check, CheckContext } from '../check.ts'
import { huntRace, type RaceGame } from '../race-hunt.ts'
import { ask, doing, numbers, passing, planned, rollOf, standing } from '../race-plan.ts'
import { shuffled } from '../random-order.ts'

const GROUPS = 8
/** Each has a share of the channels, so that some of them leave while a join is at its share. */
const LEAVERS_A_GROUP = 8
/** Leaving goes through these one after the other, and so does joining: the more there are, the surer the two meet on the way. */
const CHANNELS = 800
/** Whose roll is called; a join that fails shows in any of them. */
const ROLL_CHANNELS = 20
const NEWCOMERS = 4
/** A thaw lets joins and leaves begin together; one by one, they meet on their way far more often. */
const FREEZE_EVERY = 4
/** Two join what one leaves then; otherwise one, since whoever is there first keeps the channel alive. */
const JOINERS_AFTER_THAW = 2
/** Now and then a moment goes by between two acts, so that what was asked for goes out and is begun before the next. */
const PAUSE_SHARE = 0.1
const CENSUS_EVERY = 8
const CENSUS_CHANNELS = 12

export const raceChurn: Check = {
  id: 's1.race.churn',
  stage: '1',
  title: 'After connects, joins, sends and closes of many connections at once, exactly those are members who should be.',
  provokes:
    'The last members of 800 channels leave in the moment in which one or two others join them all and send, in eight groups one after the other or at once, so that channels end and begin together; then a census.',
  needs: [],
  server: 'fresh',
  budgetMs: 240_000,
  run: async context => await huntRace(raceChurn, context, game),
}

function game(context: CheckContext): RaceGame {
  return { rounds: GROUPS * CHANNELS, plan: batch => plan(context, batch) }
}

function plan({ random }: CheckContext, batch: number): RaceRecipe {
  const isTogether = batch % FREEZE_EVERY === 0
  const channels = GROUPS * CHANNELS
  const joiners = numbers(GROUPS * (isTogether ? JOINERS_AFTER_THAW : 1))
  const leavers = numbers(GROUPS * LEAVERS_A_GROUP, joiners.length)
  const newcomers = numbers(NEWCOMERS, joiners.length + leavers.length)
  const connections: RecipeConnection[] = [
    ...joiners.map(at => standing(`joiner ${(at % GROUPS) + 1}.${Math.floor(at / GROUPS) + 1}`)),
    ...leavers.map((_, place) => passing(`last member ${place + 1}`, shareOf(place))),
    ...newcomers.map((_, place) => ({ ...passing(`newcomer ${place + 1}`), late: true })),
  ]
  // Group after group, so that those who contend for the same channels are near each other in time.
  const acts = numbers(GROUPS).flatMap(group =>
    shuffled(random, [
      ...inGroup(leavers, group).map((leaver, place) => doing(leaver, place % 3 === 0 ? 'reset' : 'close')),
      ...inGroup(joiners, group).map((joiner, place) => joinAndSend(joiner, group, batch + place)),
      ...inGroup(newcomers, group).map(newcomer => doing(newcomer, 'connect')),
    ]),
  )
  const spaced = acts.map((act): RecipeAct => ({ ...act, after: !isTogether && random.next() < PAUSE_SHARE ? 'millisecond' : 'nothing' }))
  const looked = numbers(GROUPS).flatMap(group => shuffled(random, channelsOf(group)).slice(0, ROLL_CHANNELS))
  return planned(batch, {
    release: 'freeze',
    together: isTogether ? acts.length : 0,
    channels,
    connections,
    acts: spaced,
    roll: rollOf(random, { channels, connections, acts }, looked),
    census: batch % CENSUS_EVERY === 0 ? numbers(CENSUS_CHANNELS) : [],
  })
}

/** Of connections that are dealt to the groups in turn, those of one. */
function inGroup(connections: readonly number[], group: number): number[] {
  return connections.filter((_, place) => place % GROUPS === group)
}

function channelsOf(group: number): number[] {
  return numbers(CHANNELS, group * CHANNELS)
}

function shareOf(leaver: number): number[] {
  return channelsOf(leaver % GROUPS).filter((_, at) => at % LEAVERS_A_GROUP === Math.floor(leaver / GROUPS))
}

function joinAndSend(joiner: number, group: number, variant: number): RecipeAct {
  const own = channelsOf(group)
  const join = variant % 4 < 2 ? own : [...own].reverse()
  return variant % 2 === 0 ? ask(joiner, { join }) : ask(joiner, { join }, { send: own[0] ?? 0, bodyBytes: 0 })
}
