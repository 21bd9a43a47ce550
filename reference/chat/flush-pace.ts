export interface FlushPaceOptions {
  /** The longest time a message may wait for others to share its writes while the server keeps up, in milliseconds. */
  readonly busyWaitMs: number
  /** The same while the server is shedding load, in milliseconds. */
  readonly overloadWaitMs: number
}

/** Above this share of time spent on writing, collecting for longer saves more than it costs. */
const BUSY_SHARE = 0.5
/** How many times the cost of a flush it pays to wait: at 2, writing takes a third of the time at most. */
const WAIT_IN_FLUSHES = 2
/** Weight of the latest flush in the moving averages; about the last eight count. */
const SMOOTHING = 0.125

/**
 * Decides how long to collect messages before a flush.
 *
 * At low load there is no waiting at all: latency is what counts, and there is processor time to spare. When flushes take more
 * than half of the time, waiting for a few flushes' worth makes each write carry more, and frees time to read.
 */
export class FlushPace {
  private readonly options: FlushPaceOptions
  private averageCostMs = 0
  private averagePeriodMs = Number.POSITIVE_INFINITY
  private lastStartedAtMs = Number.NEGATIVE_INFINITY
  /** Set by load shedding, as its first and mildest step. */
  isOverloaded = false

  constructor(options: FlushPaceOptions) {
    this.options = options
  }

  /** Learns from a flush, both times in milliseconds. */
  noteFlush(startedAtMs: number, endedAtMs: number): void {
    const periodMs = startedAtMs - this.lastStartedAtMs
    this.lastStartedAtMs = startedAtMs
    this.averageCostMs += (endedAtMs - startedAtMs - this.averageCostMs) * SMOOTHING
    if (Number.isFinite(this.averagePeriodMs)) this.averagePeriodMs += (periodMs - this.averagePeriodMs) * SMOOTHING
    else this.averagePeriodMs = periodMs
  }

  /** How long messages may be collected at present, in milliseconds; 0 for not at all. */
  get waitMs(): number {
    if (this.isOverloaded) return this.options.overloadWaitMs
    if (this.averageCostMs < this.averagePeriodMs * BUSY_SHARE) return 0
    return Math.min(this.options.busyWaitMs, this.averageCostMs * WAIT_IN_FLUSHES)
  }

  /** How long a single turn may collect before it is cut short, in milliseconds. */
  get maxTurnMs(): number {
    return this.options.overloadWaitMs
  }
}
