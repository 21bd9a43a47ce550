import type { Actor } from '../actor.ts'
import type { Check, CheckContext, CheckFinding } from '../check.ts'
import type { Scene } from '../scene.ts'
import { claim, type ClaimFault, misbehaviour } from '../name-claim.ts'

/** Long enough for a clean-up that runs beside the takeover to be over. */
const BETWEEN_CLAIMS_MS = 300
/** From the close of the last that had a name until that is free again. */
const FREED_MS = 10_000
const LEAVING = ['close', 'reset', 'destroy'] as const
const NAME_BYTES = 64

export const takeover: Check = {
  id: 's1.takeover',
  stage: '1',
  title: 'The declared policy for user names holds over three claims of one name in a row.',
  provokes:
    'Four connections claim one name one after the other, with pauses, each a member of channels that it joined before or after it, in which messages are sent; others take names that are nearly the same, or the same in the moment of the welcome; under `refuse` the name is claimed once more when all have left, in one way or another, and under `allow` they leave one by one.',
  needs: ['usernames'],
  server: 'shared',
  group: 'calm',
  budgetMs: 90_000,
  async run(context) {
    const scene = context.scene()
    for (let round = 0; round < (context.quick ? 2 : 5); round++) {
      const finding = (await threeClaims(context, scene, round)) ?? (await claimWhenWelcomed(context, scene))
      if (finding !== null) return finding
    }
    const mixedUp = await claimLikeNames(context, scene)
    if (mixedUp !== null) return mixedUp
    await scene.quiet()
    return { outcome: 'pass', reason: `The policy \`${context.usernames ?? ''}\` held over every claim.` }
  },
}

async function threeClaims(context: CheckContext, scene: Scene, round: number): Promise<CheckFinding | null> {
  const name = scene.freshChannel('user')
  const [channel, early] = [scene.freshChannel('names'), scene.freshChannel('nameless')]
  const witness = await scene.open('witness')
  await witness.enter([channel, early])
  const claimants: Actor[] = []
  for (const ordinal of ['first', 'second', 'third', 'fourth']) {
    const claimant = await scene.open(`${ordinal} claimant`)
    if (round % 2 === 1) await claimant.enter([early])
    const wrong = misbehaviour(await claim(context, scene, claimant, claimants, name))
    if (wrong !== null) return wrong
    if (claimant.isOpen) {
      // Whoever has the name now is in what it joined itself, whatever the one before was in.
      witness.send(channel)
      witness.send(early)
      await scene.settle()
      await claimant.enter(round % 2 === 1 ? [channel, early] : [channel])
    }
    claimants.push(claimant)
    await context.patience.pause(BETWEEN_CLAIMS_MS, scene.server)
    const open = claimants.filter(one => one.isOpen)
    for (const one of [...open, witness]) one.send(channel)
    witness.send(early)
    await scene.settle()
  }
  if (context.usernames === 'allow') await leaveOneByOne(context, scene, claimants, channel)
  for (const actor of [...claimants, witness]) actor.close(LEAVING[round % LEAVING.length])
  return context.usernames === 'refuse' ? misbehaviour(await freedName(context, scene, name)) : null
}

/** Whoever leaves takes nobody along who has the same name: first the oldest, then the newest. */
async function leaveOneByOne(context: CheckContext, scene: Scene, claimants: readonly Actor[], channel: string): Promise<void> {
  for (const leaver of [claimants[0], claimants.at(-1)]) {
    leaver?.close()
    await context.patience.pause(BETWEEN_CLAIMS_MS, scene.server)
    for (const one of claimants) if (one.isOpen) one.send(channel)
    await scene.settle()
  }
}

/** A welcome says that the name is taken: the next claim, made when that is read, meets the policy already. */
async function claimWhenWelcomed(context: CheckContext, scene: Scene): Promise<CheckFinding | null> {
  const name = scene.freshChannel('user')
  const claimants = await scene.openMany(3, 'claimant without a pause')
  for (const [place, claimant] of claimants.entries()) {
    const wrong = misbehaviour(await claim(context, scene, claimant, claimants.slice(0, place), name))
    if (wrong !== null) return wrong
  }
  for (const claimant of claimants) claimant.close()
  return null
}

/** Names as long as every server must take them, and one that they begin with: nobody claims what another has. */
async function claimLikeNames(context: CheckContext, scene: Scene): Promise<CheckFinding | null> {
  const name = scene.freshChannel('user')
  const long = name.padEnd(NAME_BYTES - 1, 'x')
  const channel = scene.freshChannel('names')
  const actors = await scene.openMany(3, 'has a name of its own')
  for (const [place, own] of [`${long}1`, `${long}2`, name].entries()) {
    const actor = actors[place]
    const wrong = actor === undefined ? null : misbehaviour(await claim(context, scene, actor, [], own))
    if (wrong !== null) return wrong
  }
  await scene.enterAll(actors, [channel])
  for (const actor of actors) actor.send(channel)
  await scene.settle()
  return null
}

/** Once its holder has left, a name can be claimed again; a server gets some time to notice. */
async function freedName(context: CheckContext, scene: Scene, name: string): Promise<ClaimFault | null> {
  const endMs = context.nowMs() + FREED_MS
  for (;;) {
    await context.patience.pause(BETWEEN_CLAIMS_MS, scene.server)
    const late = await scene.open('claimant after all have left')
    late.mayBeClosed('its name may not be free yet')
    const wrong = await claim(context, scene, late, [], name)
    late.close()
    if (wrong === null || context.nowMs() >= endMs) return wrong
  }
}
