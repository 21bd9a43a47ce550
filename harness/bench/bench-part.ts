/** One part of the benchmark: measured in rounds, reported as tables whose rows stand side by side. */
export interface BenchTable {
  readonly title: string
  /** What the figures mean, in a sentence or two. */
  readonly note: string
  readonly headings: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** Where a curve says it better: named series of [x, y]. */
  readonly curve?: BenchCurve
}

interface BenchCurve {
  readonly x: string
  readonly y: string
  readonly points: readonly (readonly [number, number])[]
}

export interface BenchContext {
  readonly rounds: number
  /** Ends the benchmark; what was measured until then is reported. */
  readonly signal: AbortSignal
  /** True when no time is left for another round. */
  isOver(): boolean
  say(line: string): void
}

export interface BenchPart {
  readonly name: string
  readonly about: string
  run(context: BenchContext): Promise<BenchTable[]>
}
