/** The largest load that is still met, by doubling or halving until it lies between two loads, and bisection from there. Pure but for its probe. */
export interface BorderOptions {
  /** Where to begin, and the least and the most that may be asked for; whole numbers. */
  readonly start: number
  readonly min: number
  readonly max: number
  /** The border is found when the loads on its two sides are at most this factor apart, e.g. 1.05. */
  readonly precision: number
  /** How often the load just below the border is tried in all; more than half must meet it. */
  readonly triesAtBorder: number
  /** The most probes, however unsteady the answers are. */
  readonly maxProbes: number
}

export interface Border {
  /** The largest load that was met, or `null` when none was. */
  readonly met: number | null
  /** The smallest load above it that was not met, or `null` when all were. */
  readonly notMet: number | null
  /** False when `maxProbes` ended the search. */
  readonly isSettled: boolean
}

interface Tally {
  met: number
  missed: number
}

export async function findBorder(probe: (load: number) => Promise<boolean>, options: BorderOptions): Promise<Border> {
  const tallies = new Map<number, Tally>()
  let load: number | null = options.start
  for (let probes = 0; load !== null && probes < options.maxProbes; probes++) {
    const tally = tallies.get(load) ?? { met: 0, missed: 0 }
    tallies.set(load, tally)
    if (await probe(load)) tally.met++
    else tally.missed++
    load = nextLoad(tallies, options)
  }
  const { met, notMet } = borderOf(tallies)
  return { met, notMet, isSettled: load === null }
}

/** Where to look next; `null` when there is no more to know. */
function nextLoad(tallies: ReadonlyMap<number, Tally>, options: BorderOptions): number | null {
  const { met, notMet } = borderOf(tallies)
  if (met === null) return notMet === null || notMet <= options.min ? null : Math.max(options.min, Math.floor(notMet / 2))
  if (notMet === null && met < options.max) return Math.min(options.max, met * 2)
  if (notMet !== null && notMet / met > options.precision && notMet - met > 1) return between(met, notMet)
  return isSure(tallies.get(met), options.triesAtBorder) ? null : met
}

/** A load counts as met when it was met more often than not, and no smaller load was not. */
function borderOf(tallies: ReadonlyMap<number, Tally>): { met: number | null; notMet: number | null } {
  let met: number | null = null
  for (const [load, tally] of [...tallies].sort(([a], [b]) => a - b)) {
    if (tally.met <= tally.missed) return { met, notMet: load }
    met = load
  }
  return { met, notMet: null }
}

function between(low: number, high: number): number {
  return Math.min(high - 1, Math.max(low + 1, Math.round(Math.sqrt(low * high))))
}

/** No answer that is still to come could turn the majority. */
function isSure(tally: Tally | undefined, tries: number): boolean {
  return tally !== undefined && (tally.met + tally.missed >= tries || tally.met > tries / 2)
}
