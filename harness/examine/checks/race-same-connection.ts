import type { RaceRecipe } from '../../record/race-recipe.ts'
import type { Actor } from '../actor.ts'
import type { Check, CheckContext, CheckFinding } from '../check.ts'
import { ghostFinding, leftovers } from '../leftovers.ts'
import { huntRace, type RaceGame } from '../race-hunt.ts'
import { ask, numbers, planned, standing } from '../race-plan.ts'
import { visit } from '../visitors.ts'

const CONNECTIONS = 6
const JOINS = 20
const VISITORS = 8000
const QUICK_VISITORS = 4000
/** Joins of each visitor, a channel each; the last of them are the likeliest to come after its end. */
const VISITED = 30
/** What is kept of a visitor's thirty joins, parsed, is less. */
const KEPT_BYTES = 24 * 1024

export const raceSameConnection: Check = {
  id: 's1.race.same-connection',
  stage: '1',
  title: 'Overlapping joins of one connection all take effect, and all are undone when it leaves.',
  provokes:
    'Connections pipeline twenty joins of a channel each, so that they overlap, and are then looked for in all of them; thousands more do so and leave, and what a send costs shows whether they are gone.',
  needs: [],
  server: 'fresh',
  budgetMs: 360_000,
  async run(context) {
    let overlapped = false
    const saw = (actors: readonly Actor[]): void => void (overlapped ||= actors.some(isOutOfOrder))
    const finding = await huntRace(raceSameConnection, context, () => game(saw))
    if (finding.outcome === 'fail' || context.measure !== null) return finding
    const left = await leave(context, saw)
    if (left.outcome === 'fail') return left
    if (overlapped) return { ...finding, figures: { ...left.figures } }
    const reason =
      'Acknowledgements came in the order of the requests every time, so nothing shows that joins of one connection ever ran at the same time.'
    return { outcome: 'not attempted', reason, figures: { ...left.figures } }
  },
}

function game(saw: (actors: readonly Actor[]) => void): RaceGame {
  return { rounds: CONNECTIONS * JOINS, plan, saw }
}

/**
 * Beside each, one more connection is in its channels already: what that one hears and who hears it shows who got in. One for all of them
 * would have to be spared, and take six times as long.
 */
function plan(batch: number): RaceRecipe {
  const channels = CONNECTIONS * JOINS
  const joiners = numbers(CONNECTIONS)
  const ownOf = (at: number): number[] => numbers(JOINS, at * JOINS)
  const connections = [
    ...joiners.map(at => standing(`connection ${at + 1}`)),
    ...joiners.map(at => standing(`witness ${at + 1}`, ownOf(at))),
  ]
  const acts = joiners.map(at => ask(at, ...ownOf(at).map(channel => ({ join: [channel] }))))
  const roll = numbers(channels).map(channel => ({ channel, speaker: CONNECTIONS + Math.floor(channel / JOINS) }))
  return planned(batch, { channels, connections, acts, roll })
}

async function leave(context: CheckContext, saw: (actors: readonly Actor[]) => void): Promise<CheckFinding> {
  const scene = context.scene()
  const channels = Array.from({ length: VISITED }, () => scene.freshChannel('undone'))
  const [stays, sender] = [await scene.open('stays'), await scene.open('sender')]
  await stays.enter(channels)
  await sender.enter(channels)
  const visitors = context.quick ? QUICK_VISITORS : VISITORS
  const joinAll = (visitor: Actor) => visitor.pipeline(channels.map(channel => ({ join: [channel] })))
  const found = await leftovers(context, scene, sender, channels.at(-1) ?? '', {
    visitors,
    visit: async look => await visit(context, scene, visitors, joinAll, look),
    keptBytes: KEPT_BYTES,
  })
  saw(scene.actors)
  await scene.quiet()
  if (found.wrong !== null) return ghostFinding(found, `${visitors} connections with overlapping joins came and went`)
  return { outcome: 'pass', reason: '', figures: found.figures }
}

function isOutOfOrder(actor: Actor): boolean {
  return actor.acknowledged.some((id, place) => place > 0 && id < (actor.acknowledged[place - 1] ?? 0))
}
