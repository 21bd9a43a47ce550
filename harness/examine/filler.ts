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
  /** Sends nothing until what it returns is called, and then goes on at its pace. */
  rest(): () => void
  stop(): void
}

/** `senders` are members of `channel`, and take turns; one that the server does not read from for a while is passed over. Begins silent. */
export function startFiller(context: CheckContext, senders: readonly Actor[], channel: string, freshBody: () => string): Filler {
  let sentBytes = 0
  let perSecond = 0
  let dueSinceMs = context.nowMs()
  let owed = 0
  let turn = 0
  const nextSender = (): Actor | undefined => {
    for (let tried = 0; tried < senders.length; tried++) {
      const sender = senders[turn++ % senders.length]
      if (sender?.isOpen === true && sender.client.queuedBytes < MOST_QUEUED_BYTES) return sender
    }
    return undefined
  }
  const timer = setInterval(() => {
    const nowMs = context.nowMs()
    // What a pause of this process has kept from being sent is not made up for in one go.
    owed = Math.min(owed + ((nowMs - dueSinceMs) * perSecond) / 1000, perSecond / 10 + 1)
    dueSinceMs = nowMs
    for (; owed >= 1; owed--) {
      const sender = nextSender()
      if (sender === undefined) break
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
    rest: () => {
      const before = perSecond
      perSecond = 0
      return () => void (perSecond = before)
    },
    stop,
  }
}

function largeBody(beginning: string): string {
  return beginning + PADDING.slice(beginning.length)
}
