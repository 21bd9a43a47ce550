import type { Actor } from '../actor.ts'
import type { Check, CheckContext, CheckFinding } from '../check.ts'
import { type Filler, startFiller } from '../filler.ts'
import { heldPorts } from '../held-connections.ts'
import { failure } from '../late-finding.ts'
import { PAUSE_MS, startPausing, type PausingReaders } from '../pausing-readers.ts'
import type { Scene } from '../scene.ts'

const STOPPED = 3
const BUSY = 3
/** The contract's: whichever comes later. */
const TRAFFIC_BYTES = 16 * 1024 * 1024
const PATIENCE_MS = 30_000
/** The harness's clock and the server's need not begin at the same moment. */
const MARGIN_MS = 1500
const FILL_PER_SECOND = 100
const TRICKLE_PER_SECOND = 10
/** Some small messages at once, as when everybody answers. */
const BURST = 20
const BURST_EVERY_MS = 1500
/** Long enough for several pauses, and for whoever counts only to a few. */
const LEAST_MS = 6000
const LOOK_MS = 100
/** After reading goes on, a close that stands behind what was not read is found. */
const CLOSE_SEEN_MS = 8000

export const eviction: Check = {
  id: 's2.eviction',
  stage: '2',
  title: 'A reader that stays stopped is disconnected; one that keeps up with pauses is not.',
  provokes:
    'Three readers stop for good while 16 MiB and more are sent to them within 30 s; three others of the same channel pause for 420 ms every second, through bursts of 60 messages, and read the rest of the time.',
  needs: [],
  server: 'fresh',
  budgetMs: 150_000,
  async run(context) {
    const scene = context.scene()
    const channel = scene.freshChannel('slow')
    const stopped = await scene.openMany(STOPPED, 'stopped reader')
    const busy = await scene.openMany(BUSY, 'reader with pauses')
    const [sender, ...others] = await scene.openMany(3, 'sender')
    if (sender === undefined) throw new Error('Expected a sender. This is a bug in Assay.')
    const senders = [sender, ...others]
    await scene.enterAll([...stopped, ...busy, ...senders], [channel])
    const filler = startFiller(context, sender, channel, () => scene.freshBody())
    const pausing = startPausing(context, busy)
    const bursts = setInterval(() => {
      for (const one of senders) for (let count = 0; count < BURST && one.isOpen; count++) one.send(channel)
    }, BURST_EVERY_MS)
    const end = (): void => {
      filler.stop()
      pausing.stop()
      clearInterval(bursts)
    }
    try {
      return await play(context, scene, stopped, filler, pausing, end)
    } finally {
      end()
    }
  },
}

async function play(
  context: CheckContext,
  scene: Scene,
  stopped: readonly Actor[],
  filler: Filler,
  pausing: PausingReaders,
  end: () => void,
): Promise<CheckFinding> {
  for (const reader of stopped) reader.stopReading()
  const startMs = context.nowMs()
  const evictedMs = await waitForEviction(context, scene, stopped, filler, startMs)
  const seconds = (context.nowMs() - startMs) / 1000
  end()
  const stayed = evictedMs === null ? await stillConnected(context, scene, stopped) : []
  await scene.quiet()
  const sentMiB = filler.sentBytes / 1024 ** 2
  const figures = {
    evictedMs: Math.round(evictedMs ?? 0),
    trafficMiB: Math.round(sentMiB),
    longestPauseMs: Math.round(pausing.longestMs()),
  }
  if (pausing.isExcused() && pausing.someClosed()) {
    return {
      outcome: 'inconclusive',
      reason: `generator saturated: a pause of ${PAUSE_MS} ms lasted ${figures.longestPauseMs} ms.`,
      figures,
    }
  }
  if (stayed.length === 0) {
    const when = evictedMs === null ? `within ${seconds.toFixed(0)} s` : `after ${(evictedMs / 1000).toFixed(1)} s`
    const reason = `${STOPPED} stopped readers were disconnected ${when}, and ${BUSY} that kept up with pauses were not.`
    return { outcome: 'pass', reason, figures }
  }
  const story = `${stayed.length} of ${STOPPED} readers that had stopped were still connected after ${seconds.toFixed(0)} s and ${sentMiB.toFixed(0)} MiB sent to their channel.`
  return failure('growth', 'stopped reader', story, figures)
}

/** Milliseconds until the server let go of all of them, or `null` when nothing shows that by the time that the contract gives it. */
async function waitForEviction(
  context: CheckContext,
  scene: Scene,
  stopped: readonly Actor[],
  filler: Filler,
  startMs: number,
): Promise<number | null> {
  let goneMs: number | null = null
  for (;;) {
    const passedMs = context.nowMs() - startMs
    filler.pace(filler.sentBytes < TRAFFIC_BYTES * 1.1 ? FILL_PER_SECOND : TRICKLE_PER_SECOND)
    const held = heldPorts(scene.server)
    if (goneMs === null && held !== null && stopped.every(reader => !held.has(reader.client.localPort))) {
      goneMs = passedMs
      context.progress(`disconnected after ${(passedMs / 1000).toFixed(1)} s`)
    }
    if (goneMs !== null && passedMs >= LEAST_MS) return goneMs
    if (goneMs === null && passedMs > PATIENCE_MS + MARGIN_MS && filler.sentBytes > TRAFFIC_BYTES) return null
    // A sender that is held up itself sends slowly; after this the reader has stayed for long enough.
    if (passedMs > PATIENCE_MS * 1.5) return null
    await context.patience.pause(LOOK_MS, scene.server)
  }
}

/** Reads what is left for them, and finds out who is still connected: a stopped reader does not see its own end. */
async function stillConnected(context: CheckContext, scene: Scene, stopped: readonly Actor[]): Promise<Actor[]> {
  for (const reader of stopped) {
    reader.discard()
    reader.client.resume()
  }
  await context.patience.within(CLOSE_SEEN_MS, () => stopped.every(reader => reader.isClosed), scene.server)
  return stopped.filter(reader => !reader.isClosed)
}
