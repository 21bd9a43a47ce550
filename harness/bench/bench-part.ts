/** One part of the benchmark: measured in rounds, reported as tables whose rows stand side by side. */
export interface BenchTable {
  readonly title: string
  /** What the figures mean, in a sentence or two. */
  readonly note: string
  /** How many there was time for. */
  readonly rounds: number
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
  /** At most so many. */
  readonly rounds: number
  /** Ends the benchmark; what was measured until then is reported. */
  readonly signal: AbortSignal
  /** No round begins after it, but the first of each comparison; a time of `performance.now()`. */
  readonly endMs: number
  say(line: string): void
}

export interface BenchPart {
  readonly name: string
  readonly about: string
  /** What it needs of the time, beside the others (default: 1). */
  readonly weight?: number
  run(context: BenchContext): Promise<BenchTable[]>
}

/** Whether there is time for this round, counted from 0. */
export function hasRound({ rounds, signal, endMs }: BenchContext, round: number, most: number = rounds): boolean {
  return round < Math.min(most, rounds) && !signal.aborted && (round === 0 || performance.now() <= endMs)
}

/** Divides the time that is left among the items by their weights; what one leaves over is for those after it. */
export function* inShares<Item>(
  context: BenchContext,
  items: readonly Item[],
  weightOf: (item: Item) => number = () => 1,
): Generator<readonly [Item, BenchContext]> {
  let weightLeft = items.reduce((sum, item) => sum + weightOf(item), 0)
  for (const item of items) {
    if (context.signal.aborted) return
    const nowMs = performance.now()
    yield [item, { ...context, endMs: nowMs + (Math.max(0, context.endMs - nowMs) * weightOf(item)) / weightLeft }]
    weightLeft -= weightOf(item)
  }
}
