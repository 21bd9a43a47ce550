/** Sends on an open-loop schedule, and what was measured of it: completion from the moment each message was due. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { RunningCandidate } from '../candidate/running-candidate.ts'
import type { History } from '../record/history.ts'
import type { Patience } from './patience.ts'

export interface DueMessage {
  readonly message: number
  readonly dueAtMs: number
}

export interface Pace {
  readonly count: number
  readonly perSecond: number
}

/** Calls `send` for each place in turn when it is due; a late generator catches up at once and never shifts the schedule. */
export async function sendAtPace(
  patience: Patience,
  server: RunningCandidate,
  nowMs: () => number,
  pace: Pace,
  send: (place: number) => number | null,
): Promise<DueMessage[]> {
  const startMs = nowMs()
  const sent: DueMessage[] = []
  for (let place = 0; place < pace.count;) {
    const dueAtMs = startMs + (place * 1000) / pace.perSecond
    const waitMs = dueAtMs - nowMs()
    if (waitMs > 0) {
      await patience.pause(Math.min(waitMs, 20), server)
      continue
    }
    const message = send(place++)
    if (message !== null) sent.push({ message, dueAtMs })
  }
  return sent
}

/** From due to read by the last of its readers, a figure a message, ascending. Messages that nobody read are left out: they are lost, not late. */
export function completionsMs(history: History, due: readonly DueMessage[], isReader: (client: number) => boolean = () => true): number[] {
  const lastReadMs = new Map<number, number>()
  for (const { client, message, atMs } of history.reads) {
    if (isReader(client)) lastReadMs.set(message, Math.max(atMs, lastReadMs.get(message) ?? 0))
  }
  return due
    .flatMap(({ message, dueAtMs }) => {
      const atMs = lastReadMs.get(message)
      return atMs === undefined ? [] : [atMs - dueAtMs]
    })
    .sort((a, b) => a - b)
}

/** The value that at least `share` of all are not above. `sorted` ascending. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * share) - 1))] ?? 0
}

export interface OwnDelay {
  /** The longest delay of this process's own loop since the watch began, in milliseconds. */
  maxMs(): number
  stop(): void
}

/** What this process itself may have added to a latency. */
export function watchOwnDelay(): OwnDelay {
  const histogram = monitorEventLoopDelay({ resolution: 5 })
  histogram.enable()
  return { maxMs: () => Math.max(0, histogram.max / 1e6 - 5), stop: () => histogram.disable() }
}
