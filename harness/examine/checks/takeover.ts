import type { Actor } from '../actor.ts'
import type { Check, CheckContext, CheckFinding } from '../check.ts'
import type { Scene } from '../scene.ts'
import { claim, type ClaimFault, misbehaviour } from '../name-claim.ts'

/** Long enough for a clean-up that runs beside the takeover to be over. */
const BETWEEN_CLAIMS_MS = 300
/** From the close of the last that had a name until that is free again. */
const FREED_MS = 10_000

export const takeover: Check = {
  id: 's1.takeover',
  stage: '1',
  title: 'The declared policy for user names holds over three claims of one name in a row.',
  provokes:
    'Three connections claim one name one after the other, with pauses, each a member of a channel in which messages are sent, also just before it joins; under `refuse` the name is claimed once more when all have left.',
  needs: ['usernames'],
  server: 'shared',
  group: 'calm',
  budgetMs: 90_000,
  async run(context) {
    const scene = context.scene()
    for (let round = 0; round < (context.quick ? 2 : 5); round++) {
      const finding = await threeClaims(context, scene)
      if (finding !== null) return finding
    }
    await scene.quiet()
    return { outcome: 'pass', reason: `The policy \`${context.usernames ?? ''}\` held over every claim.` }
  },
}

async function threeClaims(context: CheckContext, scene: Scene): Promise<CheckFinding | null> {
  const name = scene.freshChannel('user')
  const channel = scene.freshChannel('names')
  const witness = await scene.open('witness')
  await witness.enter([channel])
  const claimants: Actor[] = []
  for (const ordinal of ['first', 'second', 'third', 'fourth']) {
    const claimant = await scene.open(`${ordinal} claimant`)
    const wrong = misbehaviour(await claim(context, scene, claimant, claimants, name))
    if (wrong !== null) return wrong
    if (claimant.isOpen) {
      // Whoever has the name now has joined nothing yet, whatever the one before was in.
      witness.send(channel)
      await scene.settle()
      await claimant.enter([channel])
    }
    claimants.push(claimant)
    await context.patience.pause(BETWEEN_CLAIMS_MS, scene.server)
    const open = claimants.filter(one => one.isOpen)
    for (const one of [...open, witness]) one.send(channel)
    await scene.settle()
  }
  for (const actor of [...claimants, witness]) actor.close()
  return context.usernames === 'refuse' ? misbehaviour(await freedName(context, scene, name)) : null
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
