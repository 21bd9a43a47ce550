const TICK_MS = 20
/** A timer that is late by less is nothing to speak of. */
const LEAST_MS = 50

export interface LagWatch {
  /** Milliseconds, in all, that this process was held up for until now: what shares our processors had so much less time as well. */
  totalMs(): number
  /** The longest, in ms, that a timer of this process came too late; ends the watch. What shares our processors was held up alike. */
  end(): number
}

export function watchLag(nowMs: () => number): LagWatch {
  let lastMs = nowMs()
  let worstMs = 0
  let totalMs = 0
  const lagOf = (atMs: number): number => (atMs - lastMs - TICK_MS >= LEAST_MS ? atMs - lastMs - TICK_MS : 0)
  const timer = setInterval(() => {
    const atMs = nowMs()
    worstMs = Math.max(worstMs, atMs - lastMs - TICK_MS)
    totalMs += lagOf(atMs)
    lastMs = atMs
  }, TICK_MS)
  // A check that is cut off does not end it.
  timer.unref()
  return {
    totalMs: () => totalMs + lagOf(nowMs()),
    end: () => {
      clearInterval(timer)
      return worstMs
    },
  }
}
