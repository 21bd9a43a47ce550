import type { Actor } from './actor.ts'
import type { CheckContext } from './check.ts'
import type { Scene } from './scene.ts'

/** Keeps every receiver below 200 messages a second. */
const MESSAGES_A_SECOND = 170

/**
 * A fresh message in each channel from one of its members. That is enough to see a lost member, whoever speaks: it misses the message, or
 * the others miss its own. They are musts of the scene, so waiting until it settles tells whether everyone who must be a member is one.
 */
export async function callTheRoll(
  context: CheckContext,
  scene: Scene,
  channels: readonly string[],
  members: readonly Actor[],
): Promise<void> {
  const startMs = context.nowMs()
  for (const channel of channels) members[context.random.below(members.length)]?.send(channel)
  await keepRate(context, scene, startMs, channels.length)
}

/** The same from two different members and one fresh joiner: all three must reach the same receivers. */
export async function takeCensus(
  context: CheckContext,
  scene: Scene,
  channels: readonly string[],
  members: readonly Actor[],
): Promise<void> {
  const startMs = context.nowMs()
  const [first, second] = [context.random.below(members.length), context.random.below(members.length)]
  const speakers = [members[first], members[second === first ? (second + 1) % members.length : second]]
  const groups = channels.map((): number[] => [])
  for (const speaker of speakers) {
    if (speaker === undefined) continue
    channels.forEach((channel, place) => groups[place]?.push(speaker.send(channel)))
  }
  const joiner = await scene.open('fresh joiner')
  await joiner.enter(channels)
  channels.forEach((channel, place) => groups[place]?.push(joiner.send(channel)))
  for (const group of groups) scene.recorder.census(group)
  await keepRate(context, scene, startMs, channels.length * 3)
}

async function keepRate(context: CheckContext, scene: Scene, startMs: number, messages: number): Promise<void> {
  const dueMs = startMs + (messages * 1000) / MESSAGES_A_SECOND
  await context.patience.pause(Math.max(0, dueMs - context.nowMs()), scene.server)
}
