import type { Actor } from './actor.ts'
import type { CheckContext } from './check.ts'
import type { Scene } from './scene.ts'

/** Keeps every receiver below 200 messages a second. */
const MESSAGES_A_SECOND = 170

export interface RollCall {
  readonly channel: string
  readonly speaker: Actor
  /** Whoever may read it, by any number of their own: the busiest of them sets the pace. */
  readonly members: readonly number[]
}

/**
 * A fresh message in each channel from one of its members. That is enough to see a lost member, whoever speaks: it misses the message, or
 * the others miss its own. They are musts of the scene, so waiting until it settles tells whether everyone who must be a member is one.
 */
export async function callTheRoll(context: CheckContext, scene: Scene, calls: readonly RollCall[]): Promise<void> {
  const startMs = context.nowMs()
  const load = new Map<number, number>()
  for (const { channel, speaker, members } of calls) {
    if (speaker.isOpen) speaker.send(channel)
    for (const member of members) load.set(member, (load.get(member) ?? 0) + 1)
  }
  await keepRate(context, scene, startMs, Math.max(0, ...load.values()))
}

/** The same from two different members and one fresh joiner: all three must reach the same receivers. */
export async function takeCensus(
  context: CheckContext,
  scene: Scene,
  channels: readonly string[],
  members: readonly Actor[],
): Promise<void> {
  if (members.length === 0) return
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
