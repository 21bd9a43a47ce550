import type { Actor } from '../actor.ts'
import { callTheRoll, takeCensus } from '../census.ts'
import type { Check, CheckContext } from '../check.ts'
import { huntRace, type RaceGame } from '../race-hunt.ts'
import { shuffled } from '../random-order.ts'
import { release, releaseOf } from '../release.ts'
import type { Scene } from '../scene.ts'

const LEAVERS = 12
const CHANNELS = 36
const JOINERS = 6
const CENSUS_EVERY = 8
const CENSUS_CHANNELS = 12

export const raceChurn: Check = {
  id: 's1.race.churn',
  stage: '1',
  title: 'After connects, joins, sends and closes of many connections at once, exactly those are members who should be.',
  provokes:
    'The last members of 36 channels leave in the moment in which six others join them and send, so that channels end and begin at once; then a census.',
  needs: [],
  server: 'fresh',
  budgetMs: 240_000,
  run: async context => await huntRace(raceChurn, context, begin),
}

async function begin(context: CheckContext, scene: Scene): Promise<RaceGame> {
  const joiners = await scene.openMany(JOINERS, 'joiner')
  return {
    rounds: CHANNELS,
    play: async batch => {
      const channels = Array.from({ length: CHANNELS }, () => scene.freshChannel('churn'))
      const leavers = await scene.openMany(LEAVERS, 'last member')
      // Each channel has one or two members, who leave.
      const tickets = leavers.map((leaver, place) =>
        leaver.join(channels.filter((_, at) => at % LEAVERS === place || at % (LEAVERS * 2) === place)),
      )
      await scene.settledAll(leavers, tickets)
      const comers: Actor[] = []
      const acts = shuffled(context.random, [
        ...leavers.map((leaver, place) => () => leaver.close(place % 3 === 0 ? 'reset' : 'close')),
        ...joiners.map((joiner, place) => () => joinAndSend(joiner, channels, batch + place)),
        ...leavers.slice(0, 4).map((_, place) => () => comers.push(scene.connect(`newcomer ${place + 1}`))),
      ])
      await release(context, scene.server, releaseOf(batch), () => acts.forEach(act => act()))
      await scene.opened(comers)
      await scene.allSettled()
      await scene.patience.within(1000, () => leavers.every(leaver => leaver.isClosed), scene.server)
      await callTheRoll(context, scene, channels, joiners)
      if (batch % CENSUS_EVERY === 0 && scene.pending.total === 0)
        await takeCensus(context, scene, channels.slice(0, CENSUS_CHANNELS), joiners)
      for (const comer of comers) comer.close()
      scene.retire([...leavers, ...comers])
    },
  }
}

function joinAndSend(joiner: Actor, channels: readonly string[], variant: number): void {
  const [first = ''] = channels
  if (variant % 2 === 0) joiner.join(channels)
  else joiner.pipeline([...channels.map(channel => ({ join: [channel] })), { send: first }])
}
