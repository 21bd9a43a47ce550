import type { Actor } from '../actor.ts'
import type { Check, CheckContext } from '../check.ts'
import type { Scene } from '../scene.ts'

const DESCRIPTORS = 400
const FIRST = 20
/** So many more than the limit try to come in. */
const CROWD = 480
const WAVE = 40
const WAVE_MS = 150
/** Until as many are in as will be. */
const SETTLED_MS = 2000
const LATER = 20
const TRIES = 20
const TRY_MS = 1000

export const connectionLimit: Check = {
  id: 's3.connections',
  stage: '3',
  title: 'At its limit of descriptors the server goes on serving those it has, and accepts again when some leave.',
  provokes: 'A server that may open 400 descriptors gets 500 connections; those who were in talk on, the crowd leaves, and others come.',
  needs: ['own start'],
  server: 'shared',
  budgetMs: 120_000,
  async run(context) {
    const server = await context.startServer({ limits: { descriptors: DESCRIPTORS } })
    const scene = context.scene(server)
    const channel = scene.freshChannel('first')
    const first = await scene.openMany(FIRST, 'came first')
    await scene.enterAll(first, [channel])
    const crowd = await press(context, scene, first, channel)
    const inside = crowd.filter(actor => actor.acknowledged.length > 0).length
    const descriptors = server.sample()?.fds ?? 0
    // Those who were in are served while it is full.
    for (const actor of first) actor.send(channel)
    await scene.settle()
    for (const actor of crowd) actor.close('destroy')
    await context.patience.within(SETTLED_MS, () => crowd.every(actor => actor.isClosed), server)
    const later = await comeLater(context, scene, channel)
    const figures = { descriptorLimit: DESCRIPTORS, served: FIRST + inside, turnedAway: CROWD - inside, descriptorsAtLimit: descriptors }
    if (later.length < LATER) {
      const text = `After ${CROWD} connections had pressed in on a limit of ${DESCRIPTORS} descriptors and left again, only ${later.length} of ${LATER} new ones were served within ${(TRIES * TRY_MS) / 1000} s`
      const lane = 'new connection'
      const events = [{ lane, atMs: null, kind: 'missing' as const, text: 'is not served' }]
      return {
        outcome: 'fail',
        reason: `${text}.`,
        figures,
        evidence: [{ kind: 'stuck', text: `${text}.`, lanes: [lane], events, occurrences: 1 }],
      }
    }
    for (const actor of [...first.slice(0, 3), ...later.slice(0, 3)]) actor.send(channel)
    await scene.quiet()
    if (inside === CROWD) {
      return {
        outcome: 'inconclusive',
        reason: `All ${CROWD + FIRST} connections were served under a limit of ${DESCRIPTORS} descriptors, so the limit was not reached (several processes?).`,
        figures,
      }
    }
    return {
      outcome: 'pass',
      reason: `${FIRST + inside} connections filled ${DESCRIPTORS} descriptors and were served; once they left, others were.`,
      figures,
    }
  },
}

/** More and more connect and join, while those who came first go on talking. */
async function press(context: CheckContext, scene: Scene, first: readonly Actor[], channel: string): Promise<Actor[]> {
  const crowd: Actor[] = []
  const joined = new Set<Actor>()
  const joinIfOpen = (): void => {
    for (const actor of crowd) {
      if (joined.has(actor) || !actor.isOpen) continue
      joined.add(actor)
      actor.join([scene.freshChannel('crowd')])
    }
  }
  while (crowd.length < CROWD) {
    const wave = Array.from({ length: WAVE }, (_, place) => scene.connect(`of the crowd ${crowd.length + place + 1}`))
    for (const actor of wave) actor.mayBeTurnedAway('the limit of descriptors')
    crowd.push(...wave)
    await context.patience.pause(WAVE_MS, scene.server)
    joinIfOpen()
    first[crowd.length % first.length]?.send(channel)
  }
  const endMs = context.nowMs() + SETTLED_MS
  while (context.nowMs() < endMs) {
    await context.patience.pause(100, scene.server)
    joinIfOpen()
  }
  return crowd
}

/** A server may need a moment until it sees who has left, so each tries again for a while. */
async function comeLater(context: CheckContext, scene: Scene, channel: string): Promise<Actor[]> {
  let later: Actor[] = []
  for (let round = 0; round < TRIES && later.length < LATER; round++) {
    const wave = Array.from({ length: LATER - later.length }, () => scene.connect('comes later'))
    for (const actor of wave) actor.mayBeTurnedAway('the limit of descriptors')
    await context.patience.within(TRY_MS, () => wave.every(actor => actor.hasOpened || actor.isClosed), scene.server)
    for (const actor of wave) if (actor.isOpen) actor.join([channel])
    await context.patience.within(TRY_MS, () => wave.every(actor => actor.acknowledged.length > 0 || actor.isClosed), scene.server)
    later = [...later, ...wave.filter(actor => actor.acknowledged.length > 0)]
    for (const actor of wave) if (actor.acknowledged.length === 0) actor.close('destroy')
  }
  return later
}
