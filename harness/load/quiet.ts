/**
 * When a message is lost: not before things are quiet. Either everything has come, or nothing has been read for five seconds while the
 * server's CPU is idle (a busy server is given up to thirty seconds).
 */
export interface QuietWatch {
  /** Deliveries that must have come and have not. */
  missing(): number
  /** Time since any user read a delivery. */
  silentMs(): number
  /** The server's CPU of late, as a share of a core; 0 where it is not known. */
  serverCpu(): number
  sleep(ms: number): Promise<void>
}

export interface Quiet {
  /** False when the wait was over with deliveries still coming or the server still busy. */
  readonly isQuiet: boolean
  readonly waitedMs: number
}

const SILENT_MS = 5000
const BUSY_SILENT_MS = 30_000
const IDLE_CPU = 0.05
const STEP_MS = 50

/**
 * `drainMs`: the most to wait, 0.1 s to 10 min. Where something is missing it is waited for longer, for as long as the rule asks before a
 * server that is still busy may be blamed: a loss is never called on a shorter wait, and never overlooked for it.
 */
export async function awaitQuiet(watch: QuietWatch, drainMs: number): Promise<Quiet> {
  const limitMs = Math.max(drainMs, BUSY_SILENT_MS + STEP_MS)
  let waitedMs = 0
  while (waitedMs < limitMs) {
    await watch.sleep(STEP_MS)
    waitedMs += STEP_MS
    if (watch.missing() === 0) return { isQuiet: true, waitedMs }
    const silentMs = Math.min(watch.silentMs(), waitedMs)
    if (silentMs >= SILENT_MS && (watch.serverCpu() < IDLE_CPU || silentMs >= BUSY_SILENT_MS)) return { isQuiet: true, waitedMs }
  }
  return { isQuiet: false, waitedMs }
}
