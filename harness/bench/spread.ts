/** A figure over several rounds: what was typical, and how far it strayed. */
export interface Spread {
  readonly median: number
  readonly lowest: number
  readonly highest: number
  readonly rounds: number
}

/** NaN throughout for no values. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const median = sorted.length % 2 === 1 ? (sorted[middle] ?? NaN) : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2
  return { median, lowest: sorted[0] ?? NaN, highest: sorted.at(-1) ?? NaN, rounds: sorted.length }
}

/** Ratios are taken round by round, so that what slows a whole round cancels out. */
export function ratioSpread(values: readonly number[], baseline: readonly number[]): Spread {
  return spreadOf(
    values.flatMap((value, round) => (baseline[round] === undefined || baseline[round] === 0 ? [] : [value / (baseline[round] ?? 1)])),
  )
}

export function formatSpread({ median, lowest, highest }: Spread, format: (value: number) => string): string {
  return Number.isNaN(median) ? 'not measured' : `${format(median)} (${format(lowest)} to ${format(highest)})`
}

export function formatRate(perSecond: number): string {
  if (perSecond >= 1e6) return `${(perSecond / 1e6).toFixed(2)} M/s`
  return perSecond >= 1e3 ? `${(perSecond / 1e3).toFixed(0)} k/s` : `${perSecond.toFixed(0)} /s`
}

export function formatRatio(ratio: number): string {
  return `${ratio.toFixed(2)}x`
}
