import type { Check } from '../check.ts'

const CHANNELS = 12

export const noHistory: Check = {
  id: 's1.no-history',
  stage: '1',
  title: 'A late joiner gets nothing that was delivered before it asked to join.',
  provokes:
    'Messages to busy channels, to channels that everyone then leaves, and to channels that empty and fill again; then someone joins.',
  needs: [],
  server: 'fresh',
  group: 'calm',
  budgetMs: 60_000,
  async run(context) {
    const scene = context.scene()
    const channels = Array.from({ length: CHANNELS }, () => scene.freshChannel('past'))
    const [stays, leaves] = [await scene.open('stays'), await scene.open('leaves')]
    const kept = channels.filter((_, place) => place % 2 === 0)
    await stays.enter(kept)
    await leaves.enter(channels)
    for (const channel of channels) for (let count = 0; count < 3; count++) leaves.send(channel)
    await scene.quiet()
    leaves.close()
    await scene.patience.within(2000, () => leaves.isClosed, scene.server)
    const late = await scene.open('late joiner')
    await late.enter(channels)
    const later = await scene.openMany(5, 'later joiner')
    for (const channel of kept) stays.send(channel)
    await scene.settle()
    for (const [place, joiner] of later.entries()) await joiner.enter(channels.slice(place))
    for (const channel of channels) late.send(channel)
    await scene.quiet()
    return { outcome: 'pass', reason: `6 late joiners of ${CHANNELS} channels read nothing of what had been over before.` }
  },
}
