/**
 * What a send to the same few members costs the server in two channels, in CPU time from the scheduler's own clock. A member that left and
 * was not taken out is gone through at every send, so a channel that saw many come and go is compared with one that saw none, batch by
 * batch: this sees ghosts that no socket shows and that, in a language with a garbage collector, memory hardly does.
 */
import type { Actor } from './actor.ts'
import type { CheckContext } from './check.ts'
import type { Scene } from './scene.ts'

const SENDS = 20
const BATCHES = 9
/** Keeps a receiver of both channels below 200 messages a second. */
const BETWEEN_BATCHES_MS = 110

export interface SendCosts {
  /** Microseconds of CPU a send: the smallest of the batches of each channel. */
  readonly freshUs: number
  readonly visitedUs: number
  /** The median over the batches of how much more the visited channel cost. */
  readonly differenceUs: number
}

/** `null` where the server's CPU cannot be known. */
export async function compareSendCosts(
  context: CheckContext,
  scene: Scene,
  sender: Actor,
  visited: string,
  fresh: string,
): Promise<SendCosts | null> {
  const pairs: { visited: number; fresh: number }[] = []
  for (let batch = 0; batch < BATCHES; batch++) {
    // Whichever goes first may pay for waking the server up, so they take turns.
    const order = batch % 2 === 0 ? [visited, fresh] : [fresh, visited]
    const costs = new Map<string, number>()
    for (const channel of order) {
      const costUs = await costOfSends(context, scene, sender, channel)
      if (costUs === null) return null
      costs.set(channel, costUs)
    }
    pairs.push({ visited: costs.get(visited) ?? 0, fresh: costs.get(fresh) ?? 0 })
  }
  const differences = pairs.map(pair => pair.visited - pair.fresh).sort((a, b) => a - b)
  return {
    freshUs: Math.min(...pairs.map(pair => pair.fresh)),
    visitedUs: Math.min(...pairs.map(pair => pair.visited)),
    differenceUs: differences[Math.floor(differences.length / 2)] ?? 0,
  }
}

async function costOfSends(context: CheckContext, scene: Scene, sender: Actor, channel: string): Promise<number | null> {
  const before = scene.server.preciseCpuSeconds()
  if (before === null) return null
  for (let count = 0; count < SENDS; count++) sender.send(channel)
  await scene.settle()
  await context.patience.pause(BETWEEN_BATCHES_MS, scene.server)
  const after = scene.server.preciseCpuSeconds()
  return after === null ? null : Math.max(0, ((after - before) * 1e6) / SENDS)
}
