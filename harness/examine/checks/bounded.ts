import type { Check, CheckContext } from '../check.ts'
import { failure } from '../late-finding.ts'
import type { Scene } from '../scene.ts'
import { openStoppedReaders } from '../stopped-readers.ts'

const ROOMS = 8
const STOPPED_A_ROOM = 3
const BODY_BYTES = 16_000
const PER_SECOND_A_ROOM = 100
const WINDOW_SECONDS = 4
const LONGEST_SECONDS = 60
/** Settled: of what was sent in a window, less than this share is still there at its end; twice in a row. */
const SETTLED_SHARE = 0.12
const SETTLED_WINDOWS = 2
const CAP_BYTES = 2 * 1024 ** 3
const MOST_QUEUED_BYTES = 1024 * 1024
const MIB = 1024 * 1024

export const bounded: Check = {
  id: 's2.bounded',
  stage: '2',
  title: 'Memory stays bounded while readers are stopped and senders go on.',
  provokes:
    'Three stopped readers in each of eight channels, and 12 MiB a second sent to them for up to a minute, or as much as the server takes.',
  needs: ['own process'],
  server: 'fresh',
  budgetMs: 120_000,
  async run(context) {
    const scene = context.scene()
    const rooms = Array.from({ length: ROOMS }, () => scene.freshChannel('bounded'))
    for (const room of rooms) await openStoppedReaders(scene, room, STOPPED_A_ROOM)
    const senders = await scene.openMany(ROOMS, 'sender')
    const memory = (): number => context.server.sample()?.rssBytes ?? 0
    const firstBytes = memory()
    let highestBytes = firstBytes
    let settled = 0
    for (let seconds = 0; seconds < LONGEST_SECONDS; seconds += WINDOW_SECONDS) {
      const before = memory()
      const sentBytes = await sendWindow(context, scene, senders, rooms)
      const after = memory()
      highestBytes = Math.max(highestBytes, after)
      context.progress(`${Math.round(after / MIB)} MiB after ${seconds + WINDOW_SECONDS} s`)
      if (after > CAP_BYTES) break
      // A server that takes nothing more has bounded itself: its senders feel it.
      settled = after - before <= sentBytes * SETTLED_SHARE ? settled + 1 : 0
      if (settled >= SETTLED_WINDOWS && seconds >= WINDOW_SECONDS * 2) {
        const figures = { memoryBeforeBytes: firstBytes, memoryHighestBytes: highestBytes, settledAfterSeconds: seconds + WINDOW_SECONDS }
        return { outcome: 'pass', reason: `Memory settled at ${Math.round(highestBytes / MIB)} MiB while readers were stopped.`, figures }
      }
    }
    const text = `Memory went from ${Math.round(firstBytes / MIB)} to ${Math.round(highestBytes / MIB)} MiB and was still growing with what was sent to stopped readers.`
    return failure('growth', 'server', text, { memoryBeforeBytes: firstBytes, memoryHighestBytes: highestBytes })
  },
}

async function sendWindow(
  context: CheckContext,
  scene: Scene,
  senders: readonly Scene['actors'][number][],
  rooms: readonly string[],
): Promise<number> {
  const endMs = context.nowMs() + WINDOW_SECONDS * 1000
  const startMs = context.nowMs()
  let rounds = 0
  let sentBytes = 0
  while (context.nowMs() < endMs) {
    for (; rounds < ((context.nowMs() - startMs) / 1000) * PER_SECOND_A_ROOM; rounds++) {
      senders.forEach((sender, at) => {
        if (!sender.isOpen || sender.client.queuedBytes > MOST_QUEUED_BYTES) return
        sender.client.write(sender.client.encode(JSON.stringify({ type: 'send', channel: rooms[at], body: bodyOf(scene) })))
        sentBytes += BODY_BYTES
      })
    }
    await context.patience.pause(10, scene.server)
  }
  return sentBytes
}

/** Nobody reads these, so they need not stand in the history. */
function bodyOf(scene: Scene): string {
  return scene.freshBody().padEnd(BODY_BYTES, ' for nobody')
}
