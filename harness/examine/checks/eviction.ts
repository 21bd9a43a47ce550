import type { Actor } from '../actor.ts'
import type { Check, CheckContext, CheckFinding } from '../check.ts'
import { failure } from '../late-finding.ts'
import type { Scene } from '../scene.ts'
import { openStoppedReaders } from '../stopped-readers.ts'

const BODY_BYTES = 16_000
const PER_SECOND = 120
const EVICTED_BYTES = 16 * 1024 * 1024
const EVICTED_SECONDS = 30
/** Where the sender is held up itself, traffic comes slowly; after this the reader has stayed long enough. */
const LONGEST_SECONDS = 45
const MARGIN_SECONDS = 2
const MOST_QUEUED_BYTES = 1024 * 1024
const CLOSE_SEEN_MS = 8000
const BREATHS = 12
const BURST = 60
const HELD_MS = 450
const READING_MS = 350

export const eviction: Check = {
  id: 's2.eviction',
  stage: '2',
  title: 'A reader that stays stopped is disconnected; one that keeps up with pauses is not.',
  provokes:
    'A reader stops for 30 s while more than 16 MiB are sent to it; another pauses for 450 ms again and again while bursts are sent to it, and catches up each time.',
  needs: [],
  server: 'fresh',
  budgetMs: 150_000,
  async run(context) {
    const scene = context.scene()
    await breathe(context, scene)
    await scene.quiet()
    return await stop(context, context.scene())
  },
}

/** Reads more than twice as fast as it is sent to, with pauses: must not be closed, and loses nothing. */
async function breathe(context: CheckContext, scene: Scene): Promise<void> {
  const channel = scene.freshChannel('breath')
  const [reader, sender] = [await scene.open('reader with pauses'), await scene.open('sender')]
  await reader.enter([channel])
  for (let breath = 0; breath < BREATHS; breath++) {
    reader.client.pause()
    for (let count = 0; count < BURST; count++) sender.send(channel, scene.freshBody().padEnd(BODY_BYTES, ' burst'))
    await context.patience.pause(HELD_MS, scene.server)
    reader.client.resume()
    await context.patience.pause(READING_MS, scene.server)
    await scene.settle()
  }
}

async function stop(context: CheckContext, scene: Scene): Promise<CheckFinding> {
  const channel = scene.freshChannel('stopped')
  const [stopped] = await openStoppedReaders(scene, channel, 1)
  const sender = await scene.open('sender')
  if (stopped === undefined) throw new Error('Expected a stopped reader.')
  const startMs = context.nowMs()
  const secondsGone = (): number => (context.nowMs() - startMs) / 1000
  let sentBytes = 0
  let messages = 0
  const isDue = (): boolean => sentBytes > EVICTED_BYTES && secondsGone() > EVICTED_SECONDS + MARGIN_SECONDS
  while (!isDue() && secondsGone() < LONGEST_SECONDS) {
    for (; messages < secondsGone() * PER_SECOND; messages++) {
      if (!sender.isOpen || sender.client.queuedBytes > MOST_QUEUED_BYTES) continue
      sender.client.write(
        sender.client.encode(JSON.stringify({ type: 'send', channel, body: scene.freshBody().padEnd(BODY_BYTES, ' unread') })),
      )
      sentBytes += BODY_BYTES
    }
    context.progress(`${Math.round(sentBytes / 1024 ** 2)} MiB sent to a stopped reader in ${Math.round(secondsGone())} s`)
    await context.patience.pause(20, scene.server)
  }
  const figures = { sentBytes, seconds: secondsGone() }
  if (await isCutOff(context, scene, stopped)) {
    return { outcome: 'pass', reason: 'The stopped reader was disconnected, and one that kept up with pauses was not.', figures }
  }
  const text = `A reader that had read nothing for ${Math.round(figures.seconds)} s, with ${Math.round(sentBytes / 1024 ** 2)} MiB sent to its channel, was still connected.`
  return failure('dropped', stopped.name, text, figures)
}

/** A stopped reader does not see its own end, so it reads now what is left for it and looks whether the end comes. */
async function isCutOff(context: CheckContext, scene: Scene, stopped: Actor): Promise<boolean> {
  stopped.discard()
  stopped.client.resume()
  return await context.patience.within(CLOSE_SEEN_MS, () => stopped.isClosed, scene.server)
}
