import { judgeMemory, type MemorySample, shareKept } from '../../judge/memory-trend.ts'
import type { Actor } from '../actor.ts'
import type { Check, CheckContext } from '../check.ts'
import { failure } from '../late-finding.ts'
import type { Scene } from '../scene.ts'
import { openStoppedReaders } from '../stopped-readers.ts'

const ROOMS = 8
const STOPPED_A_ROOM = 3
const BODY_BYTES = 16_000
const PER_SECOND_A_ROOM = 100
/** Memory that has not settled by then is sent more, so that a bound is reached, or passed, in time. */
const GENTLE_SECONDS = 12
/** Below what a server may limit a user to, and enough for more than the cap within the longest time, even where readers share a copy. */
const FULL_PER_SECOND_A_ROOM = 190
const MOST_ROUNDS_AT_ONCE = 10
const WINDOW_SECONDS = 4
const WINDOW_SAMPLES = 16
const LONGEST_SECONDS = 120
/** Over which the trend is taken. */
const TREND_WINDOWS = 4
/** Settled: of what was sent in a window, less than this share is still there at its end; twice in a row. */
const SETTLED_SHARE = 0.12
const SETTLED_WINDOWS = 2
const WORTH_SAYING_SHARE = 0.02
/** By the contract. Growth below it may be a bound that is not reached yet. */
const CAP_BYTES = 2 * 1024 ** 3
const MOST_QUEUED_BYTES = 1024 * 1024
const MIB = 1024 * 1024

export const bounded: Check = {
  id: 's2.bounded',
  stage: '2',
  title: 'Memory stays bounded while readers are stopped and senders go on.',
  provokes:
    'Three stopped readers in each of eight channels, and 12 MiB a second sent to them, soon twice as much, or as much as the server takes, for up to two minutes: until memory has settled, or more than 2 GiB are held.',
  needs: ['own process'],
  server: 'fresh',
  budgetMs: 240_000,
  async run(context) {
    const scene = context.scene()
    const rooms = Array.from({ length: ROOMS }, () => scene.freshChannel('bounded'))
    for (const room of rooms) await openStoppedReaders(scene, room, STOPPED_A_ROOM)
    const senders = await openSenders(scene, rooms)
    const samples = [lookAt(context, 0)]
    const memory = (): number => samples.at(-1)?.rssBytes ?? 0
    const mib = (bytes: number): number => Math.round(bytes / MIB)
    const firstBytes = memory()
    let settled = 0
    for (let seconds = WINDOW_SECONDS; seconds <= LONGEST_SECONDS; seconds += WINDOW_SECONDS) {
      const before = samples.at(-1) ?? lookAt(context, 0)
      const isGentle = seconds <= GENTLE_SECONDS
      // They read all that they send; at full rate they may fall behind, and a server may give them up.
      if (!isGentle) for (const sender of senders) sender.mayBeClosed('reads megabytes a second, and may fall behind')
      await sendWindow(context, scene, senders, rooms, samples, isGentle ? PER_SECOND_A_ROOM : FULL_PER_SECOND_A_ROOM)
      const highestBytes = Math.max(...samples.map(({ rssBytes }) => rssBytes))
      const figures = { memoryBeforeBytes: firstBytes, memoryHighestBytes: highestBytes, settledAfterSeconds: seconds }
      context.progress(`${mib(memory())} MiB after ${seconds} s`)
      // A server that takes nothing more has bounded itself: its senders feel it.
      const sentBytes = (samples.at(-1)?.sentBytes ?? 0) - before.sentBytes
      settled = memory() - before.rssBytes <= sentBytes * SETTLED_SHARE ? settled + 1 : 0
      if (settled >= SETTLED_WINDOWS && seconds > WINDOW_SECONDS * 2 && memory() < CAP_BYTES) {
        const reason = `Memory settled at ${mib(highestBytes)} MiB while readers were stopped${creepText(samples)}.`
        return { outcome: 'pass', reason, figures }
      }
      if (memory() < CAP_BYTES) continue
      const text = `Memory went from ${mib(firstBytes)} to ${mib(memory())} MiB in ${seconds} s, past the ${mib(CAP_BYTES)} MiB that are allowed${keptText(context, samples)}.`
      return failure('growth', 'server', text, figures)
    }
    const reason = `Memory went from ${mib(firstBytes)} to ${mib(memory())} MiB in ${LONGEST_SECONDS} s, and neither settled nor passed the ${mib(CAP_BYTES)} MiB that are allowed${keptText(context, samples)}.`
    return { outcome: 'inconclusive', reason }
  },
}

/** How it went on in the end, for the reason. */
function keptText(context: CheckContext, samples: readonly MemorySample[]): string {
  const trend = judgeMemory(samples.slice(-TREND_WINDOWS * WINDOW_SAMPLES), limit => context.random.below(limit))
  return trend === null ? '' : `; of each further byte sent to stopped readers, ${trend.keptShare.toFixed(2)} bytes stayed`
}

/** What a pass does not hide: memory that creeps on while it counts as settled. */
function creepText(samples: readonly MemorySample[]): string {
  const share = shareKept(samples.slice(-SETTLED_WINDOWS * WINDOW_SAMPLES - 1))
  if (share < WORTH_SAYING_SHARE) return ''
  return `; in the end it still took ${share.toFixed(2)} bytes more for each byte sent, too little to tell a leak from a heap that comes and goes`
}

/** Members, since a server need not take what others send; nobody judges what they read. */
async function openSenders(scene: Scene, rooms: readonly string[]): Promise<Actor[]> {
  const senders = await scene.openMany(rooms.length, 'sender')
  for (const [at, sender] of senders.entries()) {
    await sender.enter([rooms[at] ?? ''])
    sender.discard()
  }
  return senders
}

async function sendWindow(
  context: CheckContext,
  scene: Scene,
  senders: readonly Actor[],
  rooms: readonly string[],
  samples: MemorySample[],
  perSecond: number,
): Promise<void> {
  const startMs = context.nowMs()
  let sentBytes = samples.at(-1)?.sentBytes ?? 0
  let rounds = 0
  for (let look = 1; look <= WINDOW_SAMPLES; look++) {
    const untilMs = startMs + (WINDOW_SECONDS * 1000 * look) / WINDOW_SAMPLES
    while (context.nowMs() < untilMs) {
      const due = ((context.nowMs() - startMs) / 1000) * perSecond
      // What a pause of this process has kept from being sent is not made up for in one go, as the senders read at full speed.
      for (rounds = Math.max(rounds, Math.floor(due) - MOST_ROUNDS_AT_ONCE); rounds < due; rounds++) {
        senders.forEach((sender, at) => {
          if (!sender.isOpen || sender.client.queuedBytes > MOST_QUEUED_BYTES) return
          sender.sendUnjudged(rooms[at] ?? '', BODY_BYTES)
          sentBytes += BODY_BYTES
        })
      }
      await context.patience.pause(10, scene.server)
    }
    samples.push(lookAt(context, sentBytes))
  }
}

function lookAt(context: CheckContext, sentBytes: number): MemorySample {
  return { sentBytes, rssBytes: context.server.sample()?.rssBytes ?? 0 }
}
