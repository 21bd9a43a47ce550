/**
 * Gives a server's collector its turn: large messages go through it until its memory takes no notice of them. Each sender is alone in its
 * channel and waits for its own copy, so nothing queues up.
 */
import { isCollected } from '../judge/visitor-memory.ts'
import type { Actor } from './actor.ts'
import type { CheckContext } from './check.ts'
import type { Scene } from './scene.ts'

const SENDERS = 25
const BODY_BYTES = 16_000
/** Between two looks at memory: so many rounds, or as many as go into the time. */
const ROUNDS = 100
const LOOK_MS = 3000
const MOST_LOOKS = 16
/** Below 200 messages a second a connection. */
const LEAST_ROUND_MS = 6
const LONGEST_MS = 20_000
const COPY_MS = 5000
/** Twice in a row, as a heap that was just collected takes in some before it grows. */
const CALM_LOOKS = 2

/** The level of memory after it, or `null` where memory went on growing with whatever was sent or not all of it came back, so that it says nothing. */
export async function levelAfterCollecting(context: CheckContext, scene: Scene): Promise<number | null> {
  const senders = await scene.openMany(SENDERS, 'passes by')
  const rooms = senders.map(() => scene.freshChannel('passing'))
  await Promise.all(senders.map(async (sender, at) => await sender.enter([rooms[at] ?? ''])))
  for (const sender of senders) sender.discard()
  const level = await sendUntilCalm(context, scene, senders, rooms)
  for (const sender of senders) sender.close()
  return level
}

async function sendUntilCalm(
  context: CheckContext,
  scene: Scene,
  senders: readonly Actor[],
  rooms: readonly string[],
): Promise<number | null> {
  const startMs = context.nowMs()
  let highest = scene.server.sample()?.rssBytes ?? 0
  let calm = 0
  for (let look = 0; look < MOST_LOOKS && context.nowMs() - startMs < LONGEST_MS; look++) {
    const before = highest
    const sentBytes = await sendRounds(context, scene, senders, rooms)
    if (sentBytes === 0) return null
    highest = Math.max(highest, scene.server.sample()?.rssBytes ?? 0)
    calm = isCollected(highest - before, sentBytes) ? calm + 1 : 0
    if (calm >= CALM_LOOKS) return highest
  }
  return null
}

/** How many bytes were sent and read again; 0 where something was not. */
async function sendRounds(context: CheckContext, scene: Scene, senders: readonly Actor[], rooms: readonly string[]): Promise<number> {
  const startMs = context.nowMs()
  let sentBytes = 0
  for (let round = 0; round < ROUNDS && context.nowMs() - startMs < LOOK_MS; round++) {
    const roundMs = context.nowMs()
    const due = senders.map(sender => sender.deliveries + 1)
    senders.forEach((sender, at) => sender.sendUnjudged(rooms[at] ?? '', BODY_BYTES))
    const isRead = (): boolean => senders.every(({ deliveries }, at) => deliveries >= (due[at] ?? 0))
    if (!(await context.patience.within(COPY_MS, isRead, scene.server))) return 0
    sentBytes += senders.length * BODY_BYTES
    const restMs = LEAST_ROUND_MS - (context.nowMs() - roundMs)
    if (restMs > 0) await context.patience.pause(restMs, scene.server)
  }
  return sentBytes
}
