/**
 * Stretches in which the server gave nothing to anyone though messages were under way, found from what all workers' full-speed readers read
 * in bins of time. A stretch in which the generator itself stood still says nothing about the server and is left out.
 */
import type { Stall } from '../record/run-record.ts'
import { ACTIVITY_BIN_MS } from './generator-watch.ts'

/** Shorter gaps are reported by the percentiles alone. */
const MIN_STALL_MS = 500
/** At least this many messages wait at a stall's end: one slow message is late, not a stall. */
const MIN_WAITING = 3
/** The first of them was sent this soon after the silence began. */
const FIRST_WAITING_MS = 250
const MIN_ALIVE_SHARE = 0.5

/**
 * A message's time on its way: from sending to its last receipt, in ms since the start; `lastMs` is Infinity when it never came whole.
 * `readMs`: its latest receipt all the same; NaN where nobody got it.
 */
export interface Journey {
  readonly callMs: number
  readonly lastMs: number
  readonly readMs: number
}

/**
 * `journeys` ascending by `callMs`. Bins: what all workers' full-speed readers together read, and when each of them was alive. `endMs`: so far was read, be it beyond
 * the last bin; a stall that lasts until then has not ended. `lastReadMs`: when the last delivery was read, for a run that outlasts its bins.
 */
export function findStalls(
  readsPerBin: Uint32Array,
  aliveOfWorkers: readonly Uint8Array[],
  journeys: readonly Journey[],
  endMs: number,
  lastReadMs: number,
): Stall[] {
  const stalls: Stall[] = []
  const lastBin = Math.min(readsPerBin.length, Math.ceil(endMs / ACTIVITY_BIN_MS))
  let bin = firstActive(readsPerBin, lastBin)
  while (bin < lastBin) {
    const gapStart = bin
    while (bin < lastBin && readsPerBin[bin] === 0) bin++
    const gapEndMs = bin * ACTIVITY_BIN_MS
    const recovered = bin < lastBin || lastReadMs >= gapEndMs
    const stall =
      bin > gapStart ? stallBetween(gapStart * ACTIVITY_BIN_MS, recovered ? gapEndMs : Math.max(gapEndMs, endMs), journeys) : null
    if (stall !== null && aliveOfWorkers.every(alive => isAlive(alive, gapStart, bin))) stalls.push({ ...stall, recovered })
    bin++
  }
  return stalls
}

function firstActive(readsPerBin: Uint32Array, lastBin: number): number {
  let bin = 0
  while (bin < lastBin && readsPerBin[bin] === 0) bin++
  return bin
}

function stallBetween(startMs: number, endMs: number, journeys: readonly Journey[]): Omit<Stall, 'recovered'> | null {
  if (endMs - startMs < MIN_STALL_MS) return null
  const waiting = journeys.filter(
    ({ callMs, lastMs, readMs }) =>
      callMs < endMs - ACTIVITY_BIN_MS &&
      callMs >= startMs - ACTIVITY_BIN_MS &&
      lastMs >= endMs &&
      // What some had before the silence began, and others never, was lost; the server had gone on to the end of it.
      !(readMs < startMs),
  )
  const first = waiting[0]
  if (waiting.length < MIN_WAITING || first === undefined || first.callMs > startMs + FIRST_WAITING_MS) return null
  return { atMs: startMs, durationMs: endMs - startMs, waitingMessages: waiting.length }
}

function isAlive(alivePerBin: Uint8Array, start: number, end: number): boolean {
  let alive = 0
  for (let bin = start; bin < end; bin++) alive += alivePerBin[bin] ?? 0
  return alive >= (end - start) * MIN_ALIVE_SHARE
}
