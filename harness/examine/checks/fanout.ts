import type { Check } from '../check.ts'

/** Longer than a server takes that flushes every 200 ms. */
const HEARING_MS = 500

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
    // No server has to take a send to a channel that its sender is not in; one that does has to do it right.
    outsider.mayBeClosed('it sends to channels that it is not in')
    const rounds = context.quick ? 10 : 20
    for (let round = 0; round < rounds; round++) {
      for (const size of [1, 2, 3, 5]) {
        const channel = scene.freshChannel('fan')
        const from = context.random.below(actors.length - size)
        const members = actors.slice(from, from + size)
        // Sent in the same turn in which the last acknowledgement is read: who acknowledges before it adds is caught here.
        for (const member of members) await member.enter([channel])
        for (const member of members) member.send(channel)
        if (outsider.isOpen) outsider.send(channel)
      }
    }
    await context.patience.within(HEARING_MS, () => scene.pending.total === 0, scene.server)
    // What it sent and nobody has read by now need not arrive.
    outsider.close()
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
