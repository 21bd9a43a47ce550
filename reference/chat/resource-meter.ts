import type { Limits } from './limits.ts'
import type { Pressures } from './load-shedder.ts'

/** What the process has used so far, read from the operating system and the runtime. */
export interface Usage {
  /** A monotonic clock, in milliseconds. */
  readonly nowMs: number
  /** Processor time of this process, in milliseconds. */
  readonly cpuMs: number
  /** JavaScript heap and buffers, in bytes. */
  readonly memoryBytes: number
  /** Bytes that wait for slow readers. */
  readonly queuedBytes: number
  /** Bytes handed to sockets since the start. */
  readonly bytesOut: number
}

type ResourceLimits = Pick<Limits, 'maxLoopDelayMs' | 'maxMemoryBytes' | 'maxQueuedBytes' | 'maxOutgoingBytesPerSecond'>

/**
 * Turns samples, meant to be taken every `intervalMs`, into pressures.
 *
 * A sample that comes late shows that the event loop was held up; but only as far as this process used the processor
 * meanwhile. A process that was stopped, or had to wait for its neighbours, is late without being overloaded, and shedding
 * would not help it.
 */
export class ResourceMeter {
  private readonly limits: ResourceLimits
  private readonly intervalMs: number
  private last: Usage

  constructor(limits: ResourceLimits, intervalMs: number, start: Usage) {
    this.limits = limits
    this.intervalMs = intervalMs
    this.last = start
  }

  sample(usage: Usage): Pressures {
    const elapsedMs = Math.max(1, usage.nowMs - this.last.nowMs)
    const lateMs = Math.max(0, elapsedMs - this.intervalMs)
    const busyMs = usage.cpuMs - this.last.cpuMs
    const bytesPerSecond = ((usage.bytesOut - this.last.bytesOut) * 1000) / elapsedMs
    this.last = usage
    return {
      loopDelay: Math.min(lateMs, busyMs) / this.limits.maxLoopDelayMs,
      memory: usage.memoryBytes / this.limits.maxMemoryBytes,
      queuedBytes: usage.queuedBytes / this.limits.maxQueuedBytes,
      bandwidth: bytesPerSecond / this.limits.maxOutgoingBytesPerSecond,
    }
  }
}
