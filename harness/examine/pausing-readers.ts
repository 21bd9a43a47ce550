/** Readers who pause again and again and read at full speed in between: twice as fast as they are sent, on average. */
import type { Actor } from './actor.ts'
import type { CheckContext } from './check.ts'

/** Less than the 500 ms of the contract, and at least how long they then read. */
export const PAUSE_MS = 420
const READING_MS = 550
/** A late loop of ours makes a pause longer than the contract's; then what is closed is not the server's fault. */
const MOST_PAUSE_MS = 550

export interface PausingReaders {
  longestMs(): number
  /** A pause was longer than a server must bear. */
  isExcused(): boolean
  someClosed(): boolean
  /** They read on and pause no more. */
  stop(): void
}

export function startPausing(context: CheckContext, readers: readonly Actor[]): PausingReaders {
  let longestMs = 0
  let isOver = false
  const since = new Map<Actor, number>()
  const resume = (reader: Actor): void => {
    const sinceMs = since.get(reader)
    if (sinceMs === undefined) return
    since.delete(reader)
    longestMs = Math.max(longestMs, context.nowMs() - sinceMs)
    if (longestMs > MOST_PAUSE_MS) for (const one of readers) one.mayBeClosed('a pause lasted longer than 500 ms')
    reader.client.resume()
  }
  const pause = (reader: Actor): void => {
    if (isOver || context.signal.aborted) return
    since.set(reader, context.nowMs())
    reader.client.pause()
    setTimeout(() => resume(reader), PAUSE_MS)
    setTimeout(() => pause(reader), PAUSE_MS + READING_MS).unref()
  }
  readers.forEach((reader, place) => setTimeout(() => pause(reader), (place * PAUSE_MS) / readers.length).unref())
  return {
    longestMs: () => longestMs,
    isExcused: () => longestMs > MOST_PAUSE_MS,
    someClosed: () => readers.some(reader => reader.isClosed),
    stop: () => {
      isOver = true
      for (const reader of readers) resume(reader)
    },
  }
}
