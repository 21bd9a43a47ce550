/** For tests: a process whose resources are used as far as is said, and looked at when it is said. */
import { limitsWith } from './limits.ts'
import type { Pressures } from './load-shedder.ts'
import type { OverloadSource } from './overload-watch.ts'
import type { Usage } from './resource-meter.ts'

type Resource = keyof Pressures

const LIMITS = limitsWith()

export class PressedProcess implements OverloadSource {
  private usage: Usage = { nowMs: 0, cpuMs: 0, memoryBytes: 1, queuedBytes: 0, bytesOut: 0 }
  private look: () => void = () => undefined
  private intervalMs = 0
  hasEnded = false

  readonly readUsage = (): Usage => this.usage

  readonly repeat = (intervalMs: number, task: () => void): (() => void) => {
    this.intervalMs = intervalMs
    this.look = task
    return () => {
      this.hasEnded = true
    }
  }

  /** Has the watch look so many times while that much of a resource's limit is used, and nothing of the others. */
  press(resource: Resource, share: number, looks: number): void {
    for (let count = 0; count < looks; count++) {
      const busyMs = resource === 'loopDelay' ? share * LIMITS.maxLoopDelayMs : 0
      const elapsedMs = this.intervalMs + busyMs
      const sentBytes = resource === 'bandwidth' ? (share * LIMITS.maxOutgoingBytesPerSecond * elapsedMs) / 1000 : 0
      this.usage = {
        nowMs: this.usage.nowMs + elapsedMs,
        cpuMs: this.usage.cpuMs + busyMs,
        memoryBytes: resource === 'memory' ? share * LIMITS.maxMemoryBytes : 1,
        queuedBytes: resource === 'queuedBytes' ? share * LIMITS.maxQueuedBytes : 0,
        bytesOut: this.usage.bytesOut + sentBytes,
      }
      this.look()
    }
  }
}
