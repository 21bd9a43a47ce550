import { Counter, Gauge, Registry } from 'prom-client'
import type { Counters } from './counters.ts'

export interface MetricsSources {
  readonly counters: Counters
  /** Name (without prefix), help, and the value at this moment. */
  readonly gauges: readonly { readonly name: string; readonly help: string; readonly read: () => number }[]
}

export interface Metrics {
  readonly contentType: string
  /** All metrics in the text format of Prometheus. */
  text(): Promise<string>
}

const TOTALS: Readonly<Record<keyof Counters, string>> = {
  gets: 'Reads asked for by clients',
  puts: 'Writes asked for by clients',
  deletes: 'Deletes asked for by clients',
  peerRequests: 'Requests of other nodes',
  refused: 'Requests answered by 4xx or 5xx, absent keys included',
}

/** Metrics that are read from plain numbers at the moment somebody asks. */
export function openMetrics({ counters, gauges }: MetricsSources): Metrics {
  const registry = new Registry()
  for (const [name, help] of Object.entries(TOTALS)) {
    const counter = new Counter({
      name: `kv_${snakeCase(name)}_total`,
      help,
      registers: [registry],
      collect() {
        this.reset()
        this.inc(counters[name as keyof Counters])
      },
    })
    void counter
  }
  for (const { name, help, read } of gauges) {
    const gauge = new Gauge({
      name: `kv_${name}`,
      help,
      registers: [registry],
      collect() {
        this.set(read())
      },
    })
    void gauge
  }
  return { contentType: registry.contentType, text: () => registry.metrics() }
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
}
