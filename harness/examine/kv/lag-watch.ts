const TICK_MS = 20

export interface LagWatch {
  /** The longest, in ms, that a timer of this process came too late; ends the watch. What shares our processors was held up alike. */
  end(): number
}

export function watchLag(nowMs: () => number): LagWatch {
  let lastMs = nowMs()
  let worstMs = 0
  const timer = setInterval(() => {
    const atMs = nowMs()
    worstMs = Math.max(worstMs, atMs - lastMs - TICK_MS)
    lastMs = atMs
  }, TICK_MS)
  // A check that is cut off does not end it.
  timer.unref()
  return {
    end: () => {
      clearInterval(timer)
      return worstMs
    },
  }
}
