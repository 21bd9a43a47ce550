import type { Check } from '../check.ts'
import { sendAtPace } from '../pace.ts'

const PAUSE_SECONDS = 2
const MESSAGES = 60
/** With framing, less than 256 KiB in all. */
const BODY_BYTES = 4000

export const recovery: Check = {
  id: 's2.recovery',
  stage: '2',
  title: 'A reader that pauses for 2 s and goes on loses nothing.',
  provokes: 'Two of six readers stop reading for 2 s, twice, while less than 256 KiB are due to them, and go on.',
  needs: [],
  server: 'shared',
  group: 'calm',
  budgetMs: 60_000,
  async run(context) {
    const scene = context.scene()
    const channel = scene.freshChannel('pause')
    const readers = await scene.openMany(6, 'reader')
    await scene.enterAll(readers, [channel])
    const pausing = readers.slice(0, 2)
    for (let round = 0; round < 2; round++) {
      for (const reader of pausing) reader.client.pause()
      await sendAtPace(context.patience, scene.server, context.nowMs, { count: MESSAGES, perSecond: MESSAGES / PAUSE_SECONDS }, place => {
        return readers[2 + (place % 4)]?.send(channel, scene.freshBody().padEnd(BODY_BYTES, ' while you were away')) ?? null
      })
      for (const reader of pausing) reader.client.resume()
      await scene.settle()
    }
    await scene.quiet()
    return {
      outcome: 'pass',
      reason: `Readers that paused for ${PAUSE_SECONDS} s read all ${MESSAGES} messages that were due to them meanwhile.`,
    }
  },
}
