import { quotedValue } from '../record/kv-value.ts'
import type { KvStep } from './kv-steps.ts'

/** One break of a store's promises, with the operations that show it and no others, in the order of their calls. */
export interface KvViolation {
  readonly kind:
    /** A read returned what nobody had written to the key. */
    | 'invented'
    /** Nodes hold different values though all is quiet. */
    | 'diverged'
    /** What is held, or read long after, is what an acknowledged write had replaced. */
    | 'superseded'
    /** The same, where what replaced it was a delete. */
    | 'resurrected'
    /** A client did not read its own write, or read an older value after a newer one. */
    | 'read-your-writes'
    | 'monotonic reads'
    | 'linearizable'
  /** One sentence for a person. */
  readonly text: string
  readonly steps: readonly KvStep[]
}

export function violation(kind: KvViolation['kind'], text: string, steps: readonly KvStep[]): KvViolation {
  const inOrder = [...new Set(steps)].toSorted((a, b) => a.callAtMs - b.callAtMs)
  return { kind, text, steps: inOrder }
}

/** A value as people read it. */
export function shown(value: string | null): string {
  return value === null ? 'absent' : quotedValue(value)
}
