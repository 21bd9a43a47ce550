/**
 * Completion over time, exact: per second in which messages were due, all of their latencies. There are few enough of them to keep, and the
 * time to recover is judged by them, so no bucket may round one over the SLA.
 */
import { GRID_INTERVAL_MS } from './latency-grid.ts'

export class ExactRows {
  readonly #latenciesUs: number[][] = []

  record(dueUs: number, latencyUs: number): void {
    const row = Math.floor(dueUs / (GRID_INTERVAL_MS * 1000))
    const latencies = this.#latenciesUs[row] ?? []
    latencies.push(latencyUs)
    this.#latenciesUs[row] = latencies
  }

  /** The latency in ms that `share` (0 to 1) of a row's messages did not exceed; 0 where there are none. */
  percentileMs(row: number, share: number): number {
    const sorted = [...(this.#latenciesUs[row] ?? [])].sort((a, b) => a - b)
    return (sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0) / 1000
  }

  maxMs(row: number): number {
    return (this.#latenciesUs[row] ?? []).reduce((max, latencyUs) => Math.max(max, latencyUs), 0) / 1000
  }
}
