import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Counter, Gauge, Registry } from 'prom-client'
import type { Counters } from './counters.ts'
import { SHEDDING_STEPS } from './load-shedder.ts'
import type { LoadShedder } from './load-shedder.ts'

export interface MetricsSources {
  readonly counters: Counters
  readonly shedder: LoadShedder
  readonly channelCount: () => number
  readonly memoryBytes: () => number
}

export interface Metrics {
  readonly contentType: string
  /** All metrics in the text format of Prometheus. */
  text(): Promise<string>
  stop(): void
}

const NANOSECONDS_PER_SECOND = 1e9
const LOOP_SAMPLE_MS = 20

const TOTALS: Readonly<Partial<Record<keyof Counters, string>>> = {
  connectionsAccepted: 'Clients accepted',
  connectionsRefused: 'Clients refused, for want of connections or under overload',
  joins: 'Join requests served',
  joinsRefused: 'Join requests refused, for a limit or under overload',
  messages: 'Messages sent to channels',
  deliveries: 'Messages times receivers',
  writes: 'Writes to sockets; deliveries divided by writes is what batching saves',
  bytesOut: 'Bytes handed to sockets',
  sendsShed: 'Sends dropped on purpose, by overload or by a user rate',
  evictions: 'Slow readers disconnected',
  replacements: 'Connections replaced by a newer one of the same user name',
  deadPeers: 'Clients that did not answer a ping',
  invalidRequests: 'Requests answered by an error',
}

/** Metrics that are read from plain counters at the moment somebody asks, so that counting costs an addition and no more. */
export function openMetrics(sources: MetricsSources): Metrics {
  const registry = new Registry()
  const loopDelay = monitorEventLoopDelay({ resolution: LOOP_SAMPLE_MS })
  loopDelay.enable()
  for (const [name, help] of Object.entries(TOTALS)) {
    addTotal(registry, `chat_${snakeCase(name)}_total`, help, () => sources.counters[name as keyof Counters])
  }
  addGauge(registry, 'chat_connections', 'Clients connected now', () => sources.counters.connections)
  addGauge(registry, 'chat_channels', 'Channels with at least one member', sources.channelCount)
  addGauge(registry, 'chat_queue_bytes', 'Bytes that wait for slow readers', () => sources.counters.queuedBytes)
  addGauge(registry, 'chat_memory_bytes', 'JavaScript heap and buffers', sources.memoryBytes)
  addGauge(
    registry,
    'chat_shedding_step',
    `How far load shedding goes: ${SHEDDING_STEPS.map((step, index) => `${index} ${step}`).join(', ')}`,
    () => SHEDDING_STEPS.indexOf(sources.shedder.step),
  )
  addGauge(registry, 'chat_event_loop_delay_p99_seconds', 'Event-loop delay since the last scrape', () => {
    const seconds = loopDelay.percentile(99) / NANOSECONDS_PER_SECOND
    loopDelay.reset()
    return seconds
  })
  return { contentType: registry.contentType, text: () => registry.metrics(), stop: () => loopDelay.disable() }
}

function addTotal(registry: Registry, name: string, help: string, read: () => number): void {
  const counter = new Counter({
    name,
    help,
    registers: [registry],
    collect() {
      this.reset()
      this.inc(read())
    },
  })
  void counter
}

function addGauge(registry: Registry, name: string, help: string, read: () => number): void {
  const gauge = new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(read())
    },
  })
  void gauge
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
}
