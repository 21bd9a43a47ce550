/** Traffic that fills the kernel's buffers of those who have stopped reading: large bodies to one channel, at a steady pace. */
import type { Actor } from './actor.ts'
import type { CheckContext } from './check.ts'

/** The largest body that every server must take. */
const FILLER_BODY_BYTES = 16 * 1024
const PADDING = '.'.repeat(FILLER_BODY_BYTES)
/** A server that does not read what is sent is sent no more. */
const MOST_QUEUED_BYTES = 1024 * 1024
const TICK_MS = 10

export interface Filler {
  /** Bytes of bodies sent so far. */
  readonly sentBytes: number
  pace(perSecond: number): void
  stop(): void
}

/** `sender` is a member of `channel`. Begins silent. */
export function startFiller(context: CheckContext, sender: Actor, channel: string, freshBody: () => string): Filler {
  let sentBytes = 0
  let perSecond = 0
  let dueSinceMs = context.nowMs()
  let owed = 0
  const timer = setInterval(() => {
    const nowMs = context.nowMs()
    // What a pause of this process has kept from being sent is not made up for in one go.
    owed = Math.min(owed + ((nowMs - dueSinceMs) * perSecond) / 1000, perSecond / 10 + 1)
    dueSinceMs = nowMs
    for (; owed >= 1 && sender.isOpen && sender.client.queuedBytes < MOST_QUEUED_BYTES; owed--) {
      sender.send(channel, largeBody(freshBody()))
      sentBytes += FILLER_BODY_BYTES
    }
  }, TICK_MS)
  const stop = (): void => clearInterval(timer)
  context.signal.addEventListener('abort', stop, { once: true })
  return {
    get sentBytes() {
      return sentBytes
    },
    pace: rate => (perSecond = rate),
    stop,
  }
}

function largeBody(beginning: string): string {
  return beginning + PADDING.slice(beginning.length)
}
