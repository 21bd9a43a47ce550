import type { Actor } from '../actor.ts'
import { callTheRoll, takeCensus } from '../census.ts'
import type { Check, CheckContext } from '../check.ts'
import { huntRace, type RaceGame } from '../race-hunt.ts'
import { shuffled } from '../random-order.ts'
import { release, releaseOf } from '../release.ts'
import type { Scene } from '../scene.ts'

const GROUPS = 4
const CONTENDERS = 8
const CHANNELS = 48
/** Every so many batches the whole census, in some of the channels. */
const CENSUS_EVERY = 8
const CENSUS_CHANNELS = 16

export const raceFirstJoin: Check = {
  id: 's1.race.first-join',
  stage: '1',
  title: 'Connections that join a fresh channel at the same moment all become members.',
  provokes:
    'Eight connections join the same 48 fresh channels at once, in one request or pipelined, in the same, rotated and reversed order, released by a thaw or in a burst; then a census.',
  needs: [],
  server: 'fresh',
  budgetMs: 240_000,
  run: async context => await huntRace(raceFirstJoin, context, begin),
}

async function begin(context: CheckContext, scene: Scene): Promise<RaceGame> {
  const groups: Actor[][] = []
  for (let group = 0; group < GROUPS; group++) groups.push(await scene.openMany(CONTENDERS, `contender ${group + 1}.`))
  return {
    rounds: GROUPS * CHANNELS,
    play: async batch => {
      const sets = groups.map(() => Array.from({ length: CHANNELS }, () => scene.freshChannel('first')))
      const members = groups.flatMap((group, at) => group.map(actor => ({ actor, channels: sets[at] ?? [] })))
      const order = shuffled(context.random, members)
      await release(context, scene.server, releaseOf(batch), () => {
        order.forEach(({ actor, channels }, place) => joinIn(actor, channels, batch, place))
      })
      await scene.allSettled()
      await Promise.all(groups.map(async (group, at) => await callTheRoll(context, scene, sets[at] ?? [], group)))
      if (batch % CENSUS_EVERY === 0 && scene.pending.total === 0) {
        await takeCensus(context, scene, sets[0]?.slice(0, CENSUS_CHANNELS) ?? [], groups[0] ?? [])
      }
    },
  }
}

/** Same order in one request is the strongest provocation; pipelined and turned ones reach servers that lock all they are asked for. */
function joinIn(actor: Actor, channels: readonly string[], batch: number, place: number): void {
  const variant = (batch >> 1) % 4
  const turned = variant === 3 ? [...channels.slice(place % CHANNELS), ...channels.slice(0, place % CHANNELS)] : channels
  const ordered = variant === 2 && place % 2 === 1 ? [...turned].reverse() : turned
  if (variant === 1) actor.pipeline(ordered.map(channel => ({ join: [channel] })))
  else actor.join(ordered)
}
