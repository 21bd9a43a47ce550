import type { Actor } from '../actor.ts'
import { callTheRoll } from '../census.ts'
import type { Check, CheckContext, CheckFinding } from '../check.ts'
import { ghostFinding, leftovers } from '../leftovers.ts'
import { huntRace, type RaceGame } from '../race-hunt.ts'
import { release, releaseOf } from '../release.ts'
import type { Scene } from '../scene.ts'
import { visit } from '../visitors.ts'

const CONNECTIONS = 6
const JOINS = 20
const VISITORS = 8000
const QUICK_VISITORS = 4000
/** Joins of each visitor, a channel each; the last of them are the likeliest to come after its end. */
const VISITED = 30

export const raceSameConnection: Check = {
  id: 's1.race.same-connection',
  stage: '1',
  title: 'Overlapping joins of one connection all take effect, and all are undone when it leaves.',
  provokes:
    'Connections pipeline twenty joins of a channel each, so that they overlap, and are then looked for in all of them; thousands more do so and leave, and what a send costs shows whether they are gone.',
  needs: [],
  server: 'fresh',
  budgetMs: 240_000,
  async run(context) {
    let overlapped = false
    const finding = await huntRace(raceSameConnection, context, async (_, scene) => await begin(context, scene, () => (overlapped = true)))
    if (finding.outcome === 'fail' || context.measure !== null) return finding
    const left = await leave(context, () => (overlapped = true))
    if (left.outcome === 'fail') return left
    if (overlapped) return { ...finding, figures: { ...left.figures } }
    const reason =
      'Acknowledgements came in the order of the requests every time, so nothing shows that joins of one connection ever ran at the same time.'
    return { outcome: 'not attempted', reason, figures: { ...left.figures } }
  },
}

async function begin(context: CheckContext, scene: Scene, sawOverlap: () => void): Promise<RaceGame> {
  const actors = await scene.openMany(CONNECTIONS, 'connection')
  const witness = await scene.open('witness')
  return {
    rounds: CONNECTIONS * JOINS,
    play: async batch => {
      const sets = actors.map(() => Array.from({ length: JOINS }, () => scene.freshChannel('same')))
      await witness.enter(sets.flat())
      await release(context, scene.server, releaseOf(batch), () => {
        actors.forEach((actor, at) => actor.pipeline((sets[at] ?? []).map(channel => ({ join: [channel] }))))
      })
      await scene.allSettled()
      if (actors.some(isOutOfOrder)) sawOverlap()
      await callTheRoll(context, scene, sets.flat(), [witness])
    },
  }
}

async function leave(context: CheckContext, sawOverlap: () => void): Promise<CheckFinding> {
  const scene = context.scene()
  const channels = Array.from({ length: VISITED }, () => scene.freshChannel('undone'))
  const [stays, sender] = [await scene.open('stays'), await scene.open('sender')]
  await stays.enter(channels)
  await sender.enter(channels)
  const visitors = context.quick ? QUICK_VISITORS : VISITORS
  const ask = (visitor: Actor) => visitor.pipeline(channels.map(channel => ({ join: [channel] })))
  const found = await leftovers(context, scene, sender, channels.at(-1) ?? '', visitors, async () => {
    await visit(context, scene, visitors, ask)
  })
  if (scene.actors.some(isOutOfOrder)) sawOverlap()
  await scene.quiet()
  if (found.wrong !== null) return ghostFinding(found, `${visitors} connections with overlapping joins came and went`)
  return { outcome: 'pass', reason: '', figures: found.figures }
}

function isOutOfOrder(actor: Actor): boolean {
  return actor.acknowledged.some((id, place) => place > 0 && id < (actor.acknowledged[place - 1] ?? 0))
}
