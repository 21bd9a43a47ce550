/**
 * The smallest part of a list that still shows something: halves first, then all but a part, with ever smaller parts (delta debugging,
 * after Zeller and Hildebrandt, 2002). `shows` may be uncertain; what it says no to is kept. At most some n² calls, so it is `shows` that
 * bounds the time: once it says no to everything, this ends after a few more calls.
 */
export async function minimise<T>(items: readonly T[], shows: (kept: readonly T[]) => Promise<boolean>): Promise<readonly T[]> {
  let kept = items
  let parts = 2
  while (kept.length >= 2) {
    const smaller = await firstThatShows(candidates(kept, parts), shows)
    if (smaller !== undefined) {
      parts = smaller.length <= kept.length / parts + 1 ? 2 : Math.max(2, parts - 1)
      kept = smaller
    } else if (parts >= kept.length) return kept
    else parts = Math.min(kept.length, parts * 2)
  }
  return kept
}

/** Each part alone, then everything without it; of two parts, one alone is everything without the other. */
function candidates<T>(items: readonly T[], parts: number): T[][] {
  const size = Math.ceil(items.length / parts)
  const starts = Array.from({ length: Math.ceil(items.length / size) }, (_, part) => part * size)
  const alone = starts.map(start => items.slice(start, start + size))
  const without = parts === 2 ? [] : starts.map(start => [...items.slice(0, start), ...items.slice(start + size)])
  return [...alone, ...without]
}

async function firstThatShows<T>(all: readonly T[][], shows: (kept: readonly T[]) => Promise<boolean>): Promise<T[] | undefined> {
  for (const candidate of all) if (await shows(candidate)) return candidate
  return undefined
}
