import type { Log } from './log.ts'
import { ResourceMeter } from './resource-meter.ts'
import type { Usage } from './resource-meter.ts'
import { WINDOW_MS } from './fair-share.ts'
import type { Session, SessionContext } from './session.ts'

/** How many of the slowest readers are let go at a time when memory or queues are full. */
const EVICTIONS_PER_SAMPLE = 16
/** A reader with less than this waiting is not worth evicting, in bytes. */
const WORTH_EVICTING_BYTES = 65_536

/** Looks at the resources several times a second and has load shedding, pace and fair share follow. */
export class OverloadWatch {
  private readonly context: SessionContext
  private readonly log: Log
  private readonly meter: ResourceMeter
  private timer: NodeJS.Timeout | undefined
  memoryBytes = 0

  constructor(context: SessionContext, log: Log) {
    this.context = context
    this.log = log
    this.meter = new ResourceMeter(context.limits, WINDOW_MS, this.usage())
  }

  start(): void {
    this.timer = setInterval(() => this.look(), WINDOW_MS)
  }

  stop(): void {
    clearInterval(this.timer)
  }

  private look(): void {
    const { shedder, pace, fairShare } = this.context
    const before = shedder.step
    const pressures = this.meter.sample(this.usage())
    const highest = shedder.note(pressures)
    pace.isOverloaded = shedder.isAt('batch longer')
    if (!shedder.isAt('shed sends')) fairShare.lift()
    else if (highest >= 1) fairShare.tighten()
    else fairShare.loosen()
    if (pressures.memory >= 1 || pressures.queuedBytes >= 1) this.evictSlowest()
    if (shedder.step !== before) this.log.info(`load: ${before} -> ${shedder.step} (${describe(pressures)})`)
  }

  private usage(): Usage {
    const { user, system } = process.cpuUsage()
    const { heapUsed, external } = process.memoryUsage()
    this.memoryBytes = heapUsed + external
    const { queuedBytes, bytesOut } = this.context.counters
    return { nowMs: performance.now(), cpuMs: (user + system) / 1000, memoryBytes: this.memoryBytes, queuedBytes, bytesOut }
  }

  private evictSlowest(): void {
    const slowest = [...this.context.sessions]
      .map(session => ({ session, bytes: session.outbox.queuedBytes }))
      .filter(({ bytes }) => bytes > WORTH_EVICTING_BYTES)
      .sort((a, b) => b.bytes - a.bytes)
      .slice(0, EVICTIONS_PER_SAMPLE)
    for (const { session, bytes } of slowest) evict(session, bytes)
  }
}

function evict(session: Session, bytes: number): void {
  session.handleOutboxGivenUp(`slow reader: memory is short, and ${bytes} bytes were waiting`)
}

function describe(pressures: object): string {
  return Object.entries(pressures)
    .map(([name, share]) => `${name} ${Math.round(Number(share) * 100)} %`)
    .join(', ')
}
