/**
 * Back-pressure as the scheduler: a member's socket is filled until a server that waits for it stands still in the middle of its fan-out.
 * What others do then falls between two of its steps, in any language and with hardly any luck.
 */
import type { RecipePressure } from '../record/race-recipe.ts'
import type { Actor } from './actor.ts'
import type { CheckContext } from './check.ts'
import type { Scene } from './scene.ts'

/** Below 200 messages a second for every receiver. */
const BETWEEN_SENDS_MS = 6
/** The sender's own copy stays out for so long: the fan-out waits. A server that flushes every 200 ms must not look like it. */
const BLOCKED_MS = 300
/** For what was released meanwhile to reach the place where the fan-out stands. */
const HELD_MS = 40

/** Returns what lets the stalled member go again; to be called once the acts of the batch are out. */
export async function stall(
  context: CheckContext,
  scene: Scene,
  pressure: RecipePressure,
  cast: readonly (Actor | undefined)[],
  channels: readonly string[],
): Promise<() => Promise<void>> {
  const { patience } = context
  const [stalled, sender] = [cast[pressure.stalled], cast[pressure.sender]]
  if (stalled === undefined || sender === undefined) return async () => await Promise.resolve()
  stalled.stopReading('it had stopped reading, and a stopped reader may be evicted')
  const channel = channels[pressure.channel] ?? ''
  let isBlocked = false
  for (let sent = 0; sent < pressure.messages && !isBlocked && sender.isOpen; sent++) {
    const before = sender.deliveries
    sender.send(channel, scene.freshBody().padEnd(pressure.bodyBytes, ' pressure'))
    await patience.pause(BETWEEN_SENDS_MS, scene.server)
    isBlocked = !(await patience.within(BLOCKED_MS, () => sender.deliveries > before || sender.isClosed, scene.server))
  }
  return async () => {
    await patience.pause(HELD_MS, scene.server)
    if (pressure.letGo === 'reset') stalled.close('reset')
    else stalled.client.resume()
  }
}
