/** Series of one shared x, e.g. seconds; `null` is a gap. */
export interface Series {
  readonly xs: readonly number[]
  readonly columns: readonly (readonly (number | null)[])[]
}

/**
 * At most `limit` points (an even number, at least 2) that keep what matters: each stretch of points is replaced by two, which carry the
 * column's lowest and highest value in the order in which they came. So neither a spike nor a dip is ever smoothed away.
 */
export function downsampled(series: Series, limit: number): Series {
  const length = series.xs.length
  if (length <= limit) return series
  const stretches = Math.floor(limit / 2)
  const bounds = Array.from({ length: stretches + 1 }, (_, index) => Math.round((index * length) / stretches))
  const ranges = bounds.slice(0, -1).map((from, index): Range => [from, bounds[index + 1] ?? length])
  return {
    xs: ranges.flatMap(([from, to]) => [series.xs[from] ?? 0, series.xs[to - 1] ?? 0]),
    columns: series.columns.map(column => ranges.flatMap(range => extremes(column, range))),
  }
}

/** The list cut into at most `limit` runs of neighbours of nearly equal length. */
export function inRuns<Item>(items: readonly Item[], limit: number): Item[][] {
  const runs = Math.min(limit, items.length)
  return Array.from({ length: runs }, (_, index) =>
    items.slice(Math.round((index * items.length) / runs), Math.round(((index + 1) * items.length) / runs)),
  )
}

/** The highest of the values, without the call-stack limit of `Math.max(...values)`; 0 for none. */
export function highest(values: Iterable<number>): number {
  let result: number | undefined
  for (const value of values) if (result === undefined || value > result) result = value
  return result ?? 0
}

type Range = readonly [from: number, to: number]

function extremes(column: readonly (number | null)[], [from, to]: Range): [number | null, number | null] {
  let lowest: number | undefined
  let highest: number | undefined
  for (let index = from; index < to; index++) {
    const value = column[index]
    if (value === null || value === undefined) continue
    if (lowest === undefined || value < (column[lowest] ?? 0)) lowest = index
    if (highest === undefined || value > (column[highest] ?? 0)) highest = index
  }
  if (lowest === undefined || highest === undefined) return [null, null]
  const [first, second] = lowest <= highest ? [lowest, highest] : [highest, lowest]
  return [column[first] ?? null, column[second] ?? null]
}
