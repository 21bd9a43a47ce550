import type { Counters } from './counters.ts'
import type { Log } from './log.ts'
import { ResourceMeter } from './resource-meter.ts'
import type { Usage } from './resource-meter.ts'
import { WINDOW_MS } from './fair-share.ts'
import type { SessionContext } from './session.ts'

/** A client as the watch sees it: what waits for it, and a way to let it go. */
interface Reader {
  readonly outbox: { readonly queuedBytes: number }
  handleOutboxGivenUp(reason: string): void
}

type WatchedContext = Pick<SessionContext, 'counters' | 'fairShare' | 'limits' | 'pace' | 'shedder'> & {
  readonly sessions: Iterable<Reader>
}

/** Where the watch has its readings and its beat from. */
export interface OverloadSource {
  readonly readUsage: (counters: Counters) => Usage
  /** Runs a task again and again; returns a function that ends it. */
  readonly repeat: (intervalMs: number, task: () => void) => () => void
}

const PROCESS: OverloadSource = {
  readUsage: readProcessUsage,
  repeat: (intervalMs, task) => {
    const timer = setInterval(task, intervalMs)
    return () => clearInterval(timer)
  },
}

/** How many of the slowest readers are let go at a time when memory or queues are full. */
const EVICTIONS_PER_SAMPLE = 16
/** A reader with less than this waiting is not worth evicting, in bytes. */
const WORTH_EVICTING_BYTES = 65_536

/** Looks at the resources several times a second and has load shedding, pace and fair share follow. */
export class OverloadWatch {
  private readonly context: WatchedContext
  private readonly log: Log
  private readonly source: OverloadSource
  private readonly meter: ResourceMeter
  private end: (() => void) | undefined
  memoryBytes = 0

  constructor(context: WatchedContext, log: Log, source: OverloadSource = PROCESS) {
    this.context = context
    this.log = log
    this.source = source
    this.meter = new ResourceMeter(context.limits, WINDOW_MS, this.usage())
  }

  start(): void {
    this.end = this.source.repeat(WINDOW_MS, () => this.look())
  }

  stop(): void {
    this.end?.()
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
    const usage = this.source.readUsage(this.context.counters)
    this.memoryBytes = usage.memoryBytes
    return usage
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

function readProcessUsage({ queuedBytes, bytesOut }: Counters): Usage {
  const { user, system } = process.cpuUsage()
  const { heapUsed, external } = process.memoryUsage()
  return { nowMs: performance.now(), cpuMs: (user + system) / 1000, memoryBytes: heapUsed + external, queuedBytes, bytesOut }
}

function evict(session: Reader, bytes: number): void {
  session.handleOutboxGivenUp(`slow reader: memory is short, and ${bytes} bytes were waiting`)
}

function describe(pressures: object): string {
  return Object.entries(pressures)
    .map(([name, share]) => `${name} ${Math.round(Number(share) * 100)} %`)
    .join(', ')
}
