/**
 * Back-pressure as the scheduler: a member's socket is filled until a server that waits for it stands still in the middle of its fan-out.
 * What others do then falls between two of its steps, in any language and with hardly any luck.
 */
import type { RecipePressure } from '../record/race-recipe.ts'
import type { Actor } from './actor.ts'
import type { CheckContext } from './check.ts'
import type { Scene } from './scene.ts'

/** What was sent is not read by everyone else within so long: the fan-out waits. A server that flushes every 200 ms must not look like it. */
const BLOCKED_MS = 500
/**
 * Have to be escaped in JSON, so that what is 15 KiB as a body is six times that on its way: the kernel's buffers take megabytes. Another one
 * in each message, so that the end of one is not the end of the next.
 */
const PADDINGS = '\u0001\u0002\u0003\u0004\u0005\u0006\u0007'
/** A server that takes long over such messages is not filled up; the batch is worth less then, and costs no more. */
const MOST_MS = 2500
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
  const endMs = context.nowMs() + MOST_MS
  let isBlocked = false
  for (let sent = 0; sent < pressure.messages && !isBlocked && sender.isOpen && context.nowMs() < endMs; sent++) {
    sender.send(channel, scene.freshBody().padEnd(pressure.bodyBytes, PADDINGS.charAt(sent % PADDINGS.length)))
    // One at a time, so that nobody who reads ever falls behind.
    isBlocked = !(await patience.within(BLOCKED_MS, () => scene.pending.total === 0 || sender.isClosed, scene.server))
  }
  return async () => {
    await patience.pause(HELD_MS, scene.server)
    if (pressure.letGo === 'reset') stalled.close('reset')
    else stalled.client.resume()
  }
}
