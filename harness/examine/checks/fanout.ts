import type { Check } from '../check.ts'

export const fanout: Check = {
  id: 's1.fanout',
  stage: '1',
  title: 'Every member of a channel, the sender too, gets each message once.',
  provokes:
    'Channels of 1, 2, 3, 5 and 40 members that overlap; members and one outsider send as soon as the last join is acknowledged, one by one and all at once.',
  needs: [],
  server: 'shared',
  budgetMs: 60_000,
  async run(context) {
    const scene = context.scene()
    const actors = await scene.openMany(40, 'member')
    const outsider = await scene.open('outsider')
    const rounds = context.quick ? 10 : 20
    for (let round = 0; round < rounds; round++) {
      for (const size of [1, 2, 3, 5]) {
        const channel = scene.freshChannel('fan')
        const from = context.random.below(actors.length - size)
        const members = actors.slice(from, from + size)
        // Sent in the same turn in which the last acknowledgement is read: who acknowledges before it adds is caught here.
        for (const member of members) await member.enter([channel])
        for (const member of members) member.send(channel)
        outsider.send(channel)
      }
    }
    const large = scene.freshChannel('fan')
    await scene.enterAll(actors, [large])
    for (const actor of actors) actor.send(large)
    await scene.settle()
    for (const actor of actors.slice(0, 10)) {
      actor.send(large)
      await scene.settle()
    }
    await scene.quiet()
    return {
      outcome: 'pass',
      reason: `${scene.recorder.messages.length} messages reached each of their ${scene.recorder.reads.length} receivers once.`,
    }
  },
}
