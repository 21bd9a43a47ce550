/**
 * A worker's watch over itself: how late its own event loop runs, how busy its thread is, and in which moments it was alive at all. What
 * the generator does to a measurement is seen here, so that it is never blamed on the server.
 */
import { createLatencyHistogram, recordLatency } from '../record/latency-histogram.ts'
import { threadCpuSeconds } from './thread-cpu.ts'

/** Bins in which reading and being alive are noted, for finding stalls. */
export const ACTIVITY_BIN_MS = 20
const TICK_MS = 10
const TICK_US = TICK_MS * 1000
const BIN_US = ACTIVITY_BIN_MS * 1000
/** A longer pause (a machine that was asleep) weighs no more than this; its length is in the maximum. */
const MAX_WEIGHED_US = 60_000_000

export class GeneratorWatch {
  /** How late the loop was, a sample for each 10 ms that went by. */
  readonly loopDelay = createLatencyHistogram()
  readonly alivePerBin: Uint8Array
  readonly readsPerBin: Uint32Array
  /** Of the last read that was noted, which may be after the last bin (µs since the start; 0: none was). */
  lastReadUs = 0
  #loopDelayMaxUs = 0
  #cpuSeconds = threadCpuSeconds()
  #cpuReadUs = 0
  #expectedUs: number
  readonly #timer: NodeJS.Timeout
  readonly #nowUs: () => number

  /** `nowUs`: microseconds since the schedule's start. `spanMs`: how long to keep bins for. */
  constructor(spanMs: number, nowUs: () => number) {
    const bins = Math.ceil(spanMs / ACTIVITY_BIN_MS)
    this.alivePerBin = new Uint8Array(bins)
    this.readsPerBin = new Uint32Array(bins)
    this.#nowUs = nowUs
    this.#cpuReadUs = nowUs()
    this.#expectedUs = nowUs() + TICK_US
    this.#timer = setInterval(() => {
      const now = nowUs()
      const lateUs = Math.max(0, now - this.#expectedUs)
      this.#noteDelay(lateUs)
      if (lateUs > this.#loopDelayMaxUs) this.#loopDelayMaxUs = lateUs
      this.#markAlive(now)
      this.#expectedUs = now + TICK_US
    }, TICK_MS)
  }

  /** The schedule starts now: what came before is not part of the measurement. */
  restart(): void {
    this.#expectedUs = this.#nowUs() + TICK_US
    this.#cpuReadUs = this.#nowUs()
    this.#cpuSeconds = threadCpuSeconds()
    this.#loopDelayMaxUs = 0
    this.loopDelay.reset()
  }

  /** Notes that deliveries were read now, by a reader at full speed. */
  read(nowUs: number, deliveries: number): void {
    this.lastReadUs = nowUs
    const bin = (nowUs / BIN_US) | 0
    if (bin >= 0 && bin < this.readsPerBin.length) this.readsPerBin[bin] = (this.readsPerBin[bin] ?? 0) + deliveries
  }

  /** CPU of this thread as a share of a core (`null` where it cannot be told), and the longest delay of its loop, since the last call. */
  sample(): { cpu: number | null; loopDelayMaxMs: number } {
    const now = this.#nowUs()
    const cpuSeconds = threadCpuSeconds()
    const usedSeconds = cpuSeconds === null || this.#cpuSeconds === null ? null : cpuSeconds - this.#cpuSeconds
    const cpu = usedSeconds === null ? null : Math.max(0, usedSeconds * 1e6) / Math.max(1, now - this.#cpuReadUs)
    const loopDelayMaxMs = this.#loopDelayMaxUs / 1000
    this.#cpuSeconds = cpuSeconds
    this.#cpuReadUs = now
    this.#loopDelayMaxUs = 0
    return { cpu, loopDelayMaxMs }
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /**
   * A loop that is held up for a second skips a hundred ticks, each of which would have been late: a sample for each, or a pause would weigh
   * as little as a single good tick, however much was read late because of it.
   */
  #noteDelay(lateUs: number): void {
    recordLatency(this.loopDelay, lateUs)
    for (let skippedUs = Math.min(lateUs, MAX_WEIGHED_US) - TICK_US; skippedUs > 0; skippedUs -= TICK_US)
      recordLatency(this.loopDelay, skippedUs)
  }

  #markAlive(nowUs: number): void {
    const bin = (nowUs / BIN_US) | 0
    if (bin >= 0 && bin < this.alivePerBin.length) this.alivePerBin[bin] = 1
  }
}
