/**
 * What a send to a few members costs the server, in CPU time from the scheduler's own clock. A member that left and was not taken out is
 * gone through at every send, so this sees ghosts that neither a socket nor, in a language with a garbage collector, memory shows.
 */
import type { Actor } from './actor.ts'
import type { CheckContext } from './check.ts'
import type { Scene } from './scene.ts'

const SENDS = 30
const BATCHES = 7
/** Below 200 messages a second and connection, with the receivers' share in view. */
const BETWEEN_BATCHES_MS = 160

/** Microseconds of CPU a send, the smallest of several batches; `null` where it cannot be known. */
export async function sendCostUs(context: CheckContext, scene: Scene, sender: Actor, channel: string): Promise<number | null> {
  const costs: number[] = []
  for (let batch = 0; batch < BATCHES; batch++) {
    const before = scene.server.preciseCpuSeconds()
    if (before === null) return null
    for (let count = 0; count < SENDS; count++) sender.send(channel)
    await scene.settle()
    const after = scene.server.preciseCpuSeconds()
    if (after !== null && after > before) costs.push(((after - before) * 1e6) / SENDS)
    await context.patience.pause(BETWEEN_BATCHES_MS, scene.server)
  }
  return costs.length === 0 ? null : Math.min(...costs)
}
