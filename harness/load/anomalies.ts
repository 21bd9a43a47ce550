/** What should not have been read, counted exactly; the first of each kind are kept in detail as evidence. */
export type AnomalyKind = 'duplicated' | 'misdelivered' | 'corrupted' | 'garbled' | 'dropped'

export type AnomalyCounts = Record<AnomalyKind, number>

export interface Anomaly {
  readonly kind: AnomalyKind
  /** The user that read it. */
  readonly user: number
  readonly atMs: number
  /** One sentence, without the user and the time. */
  readonly text: string
  /** The message, where it can be told which one it is. */
  readonly message: { readonly channel: number; readonly sequence: number; readonly sender: number; readonly dueUs: number } | null
}

/** Details kept a kind; the counts go on. */
const MAX_KEPT_PER_KIND = 20

export class Anomalies {
  readonly counts: AnomalyCounts = { duplicated: 0, misdelivered: 0, corrupted: 0, garbled: 0, dropped: 0 }
  readonly kept: Anomaly[] = []

  /** The clock was set by so much: what was noted before keeps its place in time. */
  shift(byMs: number): void {
    this.kept.forEach((anomaly, index) => (this.kept[index] = { ...anomaly, atMs: anomaly.atMs + byMs }))
  }

  add(anomaly: Anomaly): void {
    const seen = this.counts[anomaly.kind]++
    if (seen < MAX_KEPT_PER_KIND) this.kept.push(anomaly)
  }
}
