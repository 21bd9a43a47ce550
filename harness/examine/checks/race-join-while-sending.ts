import type { RaceRecipe, RecipeAct, RecipeConnection } from '../../record/race-recipe.ts'
import type { Check, CheckContext } from '../check.ts'
import { huntRace, type RaceGame } from '../race-hunt.ts'
import { ask, doing, numbers, passing, planned, standing } from '../race-plan.ts'
import { shuffled } from '../random-order.ts'

const STEADY = 60
const SENDERS = 6
const MESSAGES_EACH = 4
const COMERS = 20
/** Join a channel in which nobody sends: what a server had left for those who go is nothing for them. */
const ELSEWHERE = 8
const GOERS = 12
const BODY_BYTES = 2000
/** Keeps the steady members below 200 messages a second. */
const BATCH_MS = 160

/** Every so many batches the fan-out is held up by a member that has stopped reading. */
const PRESSURE_EVERY = 8
const PRESSURE_STEADY = 2
const PRESSURE_COMERS = 4
const PRESSURE_GOERS = 4
const PRESSURE_BODY_BYTES = 15 * 1024
/** Some 9 MB as JSON: more than the kernel's buffers take from a server before it has to wait. */
const PRESSURE_MESSAGES = 100
const PRESSURE_BATCH_MS = 1000

export const raceJoinWhileSending: Check = {
  id: 's1.race.join-while-sending',
  stage: '1',
  title: 'Joins, and closes, during fan-out lose no delivery that must come and break nothing.',
  provokes:
    'Six members of a channel of 60 send while twenty join, eight join another and twelve close, reset and vanish, released by a thaw or in a burst; now and then while the fan-out waits for a member that has stopped reading, which then goes on or vanishes too.',
  needs: [],
  server: 'fresh',
  budgetMs: 240_000,
  run: async context => await huntRace(raceJoinWhileSending, context, game),
}

function game(context: CheckContext): RaceGame {
  return {
    rounds: 1,
    isAmplified: true,
    plan: batch => (batch % PRESSURE_EVERY === PRESSURE_EVERY - 1 ? planUnderPressure(context, batch) : plan(context, batch)),
  }
}

function plan({ random }: CheckContext, batch: number): RaceRecipe {
  const steady = numbers(STEADY)
  const goers = numbers(GOERS, STEADY)
  const comers = numbers(COMERS, STEADY + GOERS)
  const elsewhere = numbers(ELSEWHERE, STEADY + GOERS + COMERS)
  const connections = [
    ...steady.map(at => standing(`steady ${at + 1}`, [0])),
    ...goers.map((_, place) => passing(`leaves meanwhile ${place + 1}`, [0])),
    ...comers.map((_, place) => passing(`joins meanwhile ${place + 1}`)),
    ...elsewhere.map((_, place) => passing(`joins another channel ${place + 1}`)),
  ]
  const said = Array.from({ length: MESSAGES_EACH }, () => ({ send: 0, bodyBytes: BODY_BYTES }))
  const acts = shuffled(random, [
    ...steady.slice(0, SENDERS).map(at => ask(at, ...said)),
    ...comingAndGoing(comers, goers),
    ...elsewhere.map(at => ask(at, { join: [1] })),
  ])
  // Joins and closes in small portions, so that they fall into the fan-out rather than before it.
  const together = acts.length >> 1
  const spaced = acts.map((act, at): RecipeAct => ({ ...act, after: at > together && random.below(3) === 0 ? 'millisecond' : 'nothing' }))
  const roll = [batch % STEADY, comers[batch % COMERS] ?? 0].map(speaker => ({ channel: 0, speaker }))
  return planned(batch, { channels: 2, standingChannels: 1, connections, acts: spaced, together, roll, leastMs: BATCH_MS })
}

/** A channel of few, since each of them is sent megabytes; the first of its members stops reading, the second sends. */
function planUnderPressure({ random }: CheckContext, batch: number): RaceRecipe {
  const steady = numbers(PRESSURE_STEADY, 1)
  const goers = numbers(PRESSURE_GOERS, 1 + PRESSURE_STEADY)
  const comers = numbers(PRESSURE_COMERS, 1 + PRESSURE_STEADY + PRESSURE_GOERS)
  const connections: RecipeConnection[] = [
    passing('stops reading', [0]),
    ...steady.map((_, place) => passing(`in the room ${place + 1}`, [0])),
    ...goers.map((_, place) => passing(`leaves meanwhile ${place + 1}`, [0])),
    ...comers.map((_, place) => passing(`joins meanwhile ${place + 1}`)),
  ]
  const acts = shuffled(random, comingAndGoing(comers, goers))
  const roll = [steady[0] ?? 0, comers[0] ?? 0].map(speaker => ({ channel: 0, speaker }))
  const letGo = (batch / PRESSURE_EVERY) % 2 < 1 ? ('resume' as const) : ('reset' as const)
  const pressure = { stalled: 0, sender: 1, channel: 0, bodyBytes: PRESSURE_BODY_BYTES, messages: PRESSURE_MESSAGES, letGo }
  return planned(batch, { channels: 1, connections, acts, roll, pressure, leastMs: PRESSURE_BATCH_MS })
}

function comingAndGoing(comers: readonly number[], goers: readonly number[]): RecipeAct[] {
  return [...comers.map(at => ask(at, { join: [0] })), ...goers.map((at, place) => doing(at, place % 2 === 0 ? 'reset' : 'close'))]
}
