import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Actor } from '../actor.ts'
import { callTheRoll, takeCensus } from '../census.ts'
import type { Check, CheckContext } from '../check.ts'
import { huntRace, type RaceGame } from '../race-hunt.ts'
import { shuffled } from '../random-order.ts'
import { release } from '../release.ts'
import type { Scene } from '../scene.ts'

const GROUPS = 4
const JOINERS_A_GROUP = 2
/** Each has a share of the channels, so that some of them leave while a join is at its share. */
const LEAVERS_A_GROUP = 8
/** Leaving goes through these one after the other, and so does joining: the two meet somewhere on the way. */
const CHANNELS = 400
/** Whose roll is called; a join that fails shows in any of them. */
const ROLL_CHANNELS = 80
const NEWCOMERS = 4
/** A thaw lets joins and leaves begin together; one by one, they meet on their way far more often. */
const FREEZE_EVERY = 4
const PAUSE_SHARE = 0.3
const CENSUS_EVERY = 8
const CENSUS_CHANNELS = 12

export const raceChurn: Check = {
  id: 's1.race.churn',
  stage: '1',
  title: 'After connects, joins, sends and closes of many connections at once, exactly those are members who should be.',
  provokes:
    'The last members of 400 channels leave in the moment in which two others join them all and send, in four groups at once, so that channels end and begin together; then a census.',
  needs: [],
  server: 'fresh',
  budgetMs: 240_000,
  run: async context => await huntRace(raceChurn, context, begin),
}

async function begin(context: CheckContext, scene: Scene): Promise<RaceGame> {
  const groups: Actor[][] = []
  for (let group = 0; group < GROUPS; group++) groups.push(await scene.openMany(JOINERS_A_GROUP, `joiner ${group + 1}.`))
  return {
    rounds: GROUPS * CHANNELS,
    play: async batch => {
      const sets = groups.map(() => Array.from({ length: CHANNELS }, () => scene.freshChannel('churn')))
      const leavers = await scene.openMany(GROUPS * LEAVERS_A_GROUP, 'last member')
      await scene.settledAll(
        leavers,
        leavers.map((leaver, at) => leaver.join(shareOf(sets[at % GROUPS] ?? [], Math.floor(at / GROUPS)))),
      )
      const comers: Actor[] = []
      const acts = shuffled(context.random, [
        ...leavers.map((leaver, at) => () => leaver.close(at % 3 === 0 ? 'reset' : 'close')),
        ...groups.flatMap((group, at) => group.map((joiner, place) => () => joinAndSend(joiner, sets[at] ?? [], batch + place))),
        ...Array.from({ length: NEWCOMERS }, (_, place) => () => void comers.push(scene.connect(`newcomer ${place + 1}`))),
      ])
      if (batch % FREEZE_EVERY === 0) await release(context, scene.server, 'freeze', () => acts.forEach(act => act()))
      else await trickle(context, acts)
      await scene.opened(comers)
      await scene.allSettled()
      await scene.patience.within(1000, () => leavers.every(leaver => leaver.isClosed), scene.server)
      const rolls = sets.map(set => shuffled(context.random, set).slice(0, ROLL_CHANNELS))
      await Promise.all(groups.map(async (group, at) => await callTheRoll(context, scene, rolls[at] ?? [], group)))
      if (batch % CENSUS_EVERY === 0 && scene.pending.total === 0) {
        await takeCensus(context, scene, sets[0]?.slice(0, CENSUS_CHANNELS) ?? [], groups[0] ?? [])
      }
      for (const comer of comers) comer.close()
      scene.retire([...leavers, ...comers])
    },
  }
}

/** Now and then the loop goes round between two acts, so that what was asked for goes out and is begun before the next. */
async function trickle(context: CheckContext, acts: readonly (() => void)[]): Promise<void> {
  for (const act of acts) {
    act()
    if (context.random.next() < PAUSE_SHARE) await nextTurn()
  }
}

function shareOf(channels: readonly string[], leaver: number): string[] {
  return channels.filter((_, at) => at % LEAVERS_A_GROUP === leaver)
}

function joinAndSend(joiner: Actor, channels: readonly string[], variant: number): void {
  const [first = ''] = channels
  const ordered = variant % 4 < 2 ? channels : [...channels].reverse()
  if (variant % 2 === 0) joiner.join(ordered)
  else joiner.pipeline([{ join: ordered }, { send: first }])
}
