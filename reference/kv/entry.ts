/**
 * What a node knows about a key: the value, or that it was deleted (a tombstone, `null`), and the version of that knowledge. Versions are
 * totally ordered and never used twice, so of any two entries every node picks the same: the merge is commutative, associative and idempotent,
 * and nodes that have seen the same entries in whatever order hold the same data.
 */
export interface Entry extends Version {
  readonly value: Buffer | null
}

export interface Version {
  /** A hybrid logical time, see `HybridClock`. */
  readonly time: number
  /**
   * Which run of which node wrote it: 48 random bits, drawn at every start. A node that lost its last records in a crash may use their times
   * again, but never under the same origin, so that one version can never stand for two values.
   */
  readonly origin: number
}

/** Whether `a` is to replace `b`: later in time, or, at the same time, of the higher origin. */
export function isNewer(a: Version, b: Version): boolean {
  return a.time > b.time || (a.time === b.time && a.origin > b.origin)
}
