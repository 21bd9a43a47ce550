/** A record stays small however long the run: more samples than this are joined, group by group. */
export const MAX_SAMPLES = 4000

type Figures = Readonly<Record<string, number | null>>

/**
 * At most `MAX_SAMPLES` samples, spread evenly. Each is of a group of neighbours and has the highest value of every field in it, so that no peak
 * is lost: its fields may be of different moments of the group, and `atMs` is the group's last. `null` only where no sample of the group has a value.
 */
export function thinned<Sample extends Figures>(samples: readonly Sample[]): Sample[] {
  const step = Math.ceil(samples.length / MAX_SAMPLES)
  if (step <= 1) return [...samples]
  const kept: Sample[] = []
  for (let first = 0; first < samples.length; first += step) kept.push(samples.slice(first, first + step).reduce(highestOfEach))
  return kept
}

function highestOfEach<Sample extends Figures>(one: Sample, other: Sample): Sample {
  const highest = { ...one }
  for (const field in other) if ((other[field] ?? -Infinity) > (one[field] ?? -Infinity)) highest[field] = other[field]
  return highest
}
