import type { Check } from '../check.ts'
import { sendAtPace } from '../pace.ts'

const CHANNELS = 1000
/** Below 200 messages a second and connection. */
const PER_SECOND = 180

export const manyChannels: Check = {
  id: 's1.many-channels',
  stage: '1',
  title: "One connection in 1,000 channels gets each channel's messages under the right name.",
  provokes:
    'One connection joins 1,000 channels with 64-byte names in one request, another in 1,000 requests; then each channel is sent to.',
  needs: [],
  server: 'shared',
  group: 'calm',
  budgetMs: 90_000,
  async run(context) {
    const scene = context.scene()
    const [atOnce, oneByOne] = [await scene.open('joins 1,000 at once'), await scene.open('joins 1,000 one by one')]
    const [toFirst, toSecond] = [await scene.open('sender 1'), await scene.open('sender 2')]
    const longNames = Array.from({ length: CHANNELS }, (_, place) => scene.freshChannel(`long${place}`).padEnd(64, 'x'))
    const shortNames = Array.from({ length: CHANNELS }, () => scene.freshChannel('c'))
    await atOnce.enter(longNames)
    await oneByOne.settled(oneByOne.pipeline(shortNames.map(name => ({ join: [name] }))))
    await toFirst.enter(longNames)
    await toSecond.enter(shortNames)
    const count = context.quick ? 300 : CHANNELS
    const step = Math.floor(CHANNELS / count)
    await sendAtPace(context.patience, scene.server, context.nowMs, { count, perSecond: PER_SECOND }, place => {
      const at = place * step + (count < CHANNELS ? context.random.below(step) : 0)
      toSecond.send(shortNames[at] ?? '')
      return toFirst.send(longNames[at] ?? '')
    })
    await scene.quiet()
    return { outcome: 'pass', reason: `${count * 2} channels of 2,000 were sent to, and each message came once and under its name.` }
  },
}
