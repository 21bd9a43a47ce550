import type { Check } from '../check.ts'
import { sendAtPace } from '../pace.ts'
import type { Scene } from '../scene.ts'

const CHANNELS = 1000
const HASTY = 10
/** Below 200 messages a second and connection. */
const PER_SECOND = 180

export const manyChannels: Check = {
  id: 's1.many-channels',
  stage: '1',
  title: "One connection in 1,000 channels gets each channel's messages under the right name.",
  provokes:
    'One connection joins 1,000 channels with 64-byte names in one request, another in 1,000 requests; then each channel is sent to. Others send to the last of 1,000 as soon as their join is acknowledged.',
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
    await useAtOnce(scene)
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

/** Each asks for 1,000 channels of its own, and uses the last and one more in the turn in which the acknowledgement is read. */
async function useAtOnce(scene: Scene): Promise<void> {
  for (const actor of await scene.openMany(HASTY, 'uses what it has joined')) {
    const names = Array.from({ length: CHANNELS }, () => scene.freshChannel('at-once'))
    await actor.enter(names)
    actor.send(names.at(-1) ?? '')
    actor.send(names[CHANNELS >> 1] ?? '')
    await scene.settle()
  }
}
