/** The largest load that is still met, by doubling or halving until it lies between two loads, and bisection from there. Pure but for its probe. */
export interface BorderOptions {
  /** Where to begin, and the least and the most that may be asked for; whole numbers. */
  readonly start: number
  readonly min: number
  readonly max: number
  /** The border is found when the loads on its two sides are at most this factor apart, e.g. 1.05. */
  readonly precision: number
  /** How often the loads on both sides of the border are tried at most; the majority decides. */
  readonly triesAtBorder: number
  /** The most probes, however unsteady the answers are. */
  readonly maxProbes: number
}

/** `undecided`: the load could not be offered, or something else was in the way; it says nothing about the server. */
export type ProbeAnswer = 'met' | 'missed' | 'undecided'

export interface Border {
  /** The largest load that was met, or `null` when none was. */
  readonly met: number | null
  /** The smallest load above it that was not met, or `null` when all were. */
  readonly notMet: number | null
  /** False where `notMet` could not be decided: then the true border lies above `met`, nobody knows how far. */
  readonly isMissed: boolean
  /** False when `maxProbes` ended the search. */
  readonly isSettled: boolean
}

interface Tally {
  met: number
  missed: number
  undecided: number
}

/** A load that could not be offered is no border to be found exactly. */
const UNDECIDED_PRECISION = 1.25

/** Tries loads until both sides of the border are sure; a wrong answer on the way is found out when its side is asked again. */
export async function findBorder(probe: (load: number) => Promise<ProbeAnswer>, options: BorderOptions): Promise<Border> {
  const tallies = new Map<number, Tally>()
  let load: number | null = options.start
  for (let probes = 0; load !== null && probes < options.maxProbes; probes++) {
    const tally = tallies.get(load) ?? { met: 0, missed: 0, undecided: 0 }
    tallies.set(load, tally)
    tally[await probe(load)]++
    load = nextLoad(tallies, options)
  }
  return { ...borderOf(tallies), isSettled: load === null }
}

/** Where to look next; `null` when there is no more to know. */
function nextLoad(tallies: ReadonlyMap<number, Tally>, options: BorderOptions): number | null {
  const { met, notMet, isMissed } = borderOf(tallies)
  // A larger load was met: one of the two answers was wrong, and it is the smaller one's turn to be asked again.
  if (notMet !== null && isContradicted(tallies, notMet) && !isSure(tallies.get(notMet), options.triesAtBorder)) return notMet
  if (met === null) {
    if (notMet === null || notMet <= options.min) return sureOr(tallies, notMet, options)
    return Math.max(options.min, Math.floor(notMet / 2))
  }
  if (notMet === null) return met < options.max ? Math.min(options.max, met * 2) : sureOr(tallies, met, options)
  const precision = isMissed ? options.precision : Math.max(options.precision, UNDECIDED_PRECISION)
  if (notMet / met > precision && notMet - met > 1) return between(met, notMet)
  return sureOr(tallies, met, options) ?? sureOr(tallies, notMet, options)
}

/** A load counts as met when it was met more often than not, and no smaller load was not. */
function borderOf(tallies: ReadonlyMap<number, Tally>): Omit<Border, 'isSettled'> {
  let met: number | null = null
  for (const [load, tally] of [...tallies].sort(([a], [b]) => a - b)) {
    if (tally.met <= tally.missed + tally.undecided) return { met, notMet: load, isMissed: tally.missed >= tally.undecided }
    met = load
  }
  return { met, notMet: null, isMissed: false }
}

function isContradicted(tallies: ReadonlyMap<number, Tally>, load: number): boolean {
  return [...tallies].some(([other, { met }]) => other > load && met > 0)
}

/** The load itself as long as it has to be asked again. */
function sureOr(tallies: ReadonlyMap<number, Tally>, load: number | null, { triesAtBorder }: BorderOptions): number | null {
  return load === null || isSure(tallies.get(load), triesAtBorder) ? null : load
}

function between(low: number, high: number): number {
  return Math.min(high - 1, Math.max(low + 1, Math.round(Math.sqrt(low * high))))
}

/** No answer that is still to come could turn the majority. */
function isSure(tally: Tally | undefined, tries: number): boolean {
  if (tally === undefined) return false
  const notMet = tally.missed + tally.undecided
  return tally.met + notMet >= tries || tally.met > tries / 2 || notMet > tries / 2
}
