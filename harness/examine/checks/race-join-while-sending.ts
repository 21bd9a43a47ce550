import type { Actor } from '../actor.ts'
import type { Check, CheckContext } from '../check.ts'
import { huntRace, type RaceGame } from '../race-hunt.ts'
import { shuffled } from '../random-order.ts'
import { release, releaseOf } from '../release.ts'
import type { Scene } from '../scene.ts'

const STEADY = 60
const SENDERS = 6
const MESSAGES_EACH = 4
const COMERS = 20
const GOERS = 12
const BODY_BYTES = 2000
/** Keeps the steady members below 200 messages a second. */
const BATCH_MS = 160
const SETTLE_MS = 2000

export const raceJoinWhileSending: Check = {
  id: 's1.race.join-while-sending',
  stage: '1',
  title: 'Joins, and closes, during fan-out lose no delivery that must come and break nothing.',
  provokes:
    'Six members of a channel of 60 send while twenty join and twelve close, reset and vanish, all released by a thaw or in a burst.',
  needs: [],
  server: 'fresh',
  budgetMs: 240_000,
  run: async context => await huntRace(raceJoinWhileSending, context, begin),
}

async function begin(context: CheckContext, scene: Scene): Promise<RaceGame> {
  const channel = scene.freshChannel('sending')
  const steady = await scene.openMany(STEADY, 'steady')
  await scene.enterAll(steady, [channel])
  return {
    rounds: 1,
    play: async batch => {
      const startMs = context.nowMs()
      const goers = await scene.openMany(GOERS, 'leaves meanwhile')
      await scene.enterAll(goers, [channel])
      const comers = await scene.openMany(COMERS, 'joins meanwhile')
      const acts = shuffled(context.random, [
        ...steady.slice(0, SENDERS).map(actor => () => sendSome(scene, actor, channel)),
        ...comers.map(actor => () => void actor.join([channel])),
        ...goers.map((actor, place) => () => actor.close(place % 2 === 0 ? 'reset' : 'close')),
      ])
      // Joins and closes in small portions, so that they fall into the fan-out rather than before it.
      await release(context, scene.server, releaseOf(batch), () => acts.slice(0, acts.length >> 1).forEach(act => act()))
      for (const act of acts.slice(acts.length >> 1)) {
        act()
        if (context.random.below(3) === 0) await context.patience.pause(1, scene.server)
      }
      await scene.allSettled()
      steady[batch % STEADY]?.send(channel)
      comers[batch % COMERS]?.send(channel)
      await context.patience.pause(Math.max(0, startMs + BATCH_MS - context.nowMs()), scene.server)
      await context.patience.within(SETTLE_MS, () => scene.pending.total === 0, scene.server)
      // What has not come by now is for the hunt to wait for, and these must be there then.
      if (scene.pending.total > 0) return
      for (const comer of comers) comer.close('reset')
      scene.retire([...goers, ...comers])
    },
  }
}

function sendSome(scene: Scene, actor: Actor, channel: string): void {
  const requests = Array.from({ length: MESSAGES_EACH }, () => ({ send: channel, body: scene.freshBody().padEnd(BODY_BYTES, ' sent') }))
  actor.pipeline(requests)
}
