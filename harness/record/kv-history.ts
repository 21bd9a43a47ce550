/**
 * What clients of a key-value store asked for and got, and what was done to its nodes, on one monotonic clock. Calls are stamped before a
 * request's first byte is sent, answers after their last byte is read: each interval is only ever wider than the truth, so that a pause of
 * the harness can hide a violation but never make one.
 */
export interface KvHistory {
  /** Names; operations refer to them by index. */
  readonly clients: readonly string[]
  readonly operations: readonly KvOperationRecord[]
  readonly events: readonly KvEvent[]
}

export interface KvOperationRecord {
  readonly client: number
  /** Name of the node that was asked. */
  readonly node: string
  readonly key: string
  readonly kind: 'read' | 'write' | 'delete'
  /** Written, or, once answered, read: the text of its bytes (`valueText`). `null` for a delete, and for a read of an absent key. */
  value: string | null
  readonly callAtMs: number
  /** When the answer's last byte was read, or it was given up; `null` while it is under way. */
  endedAtMs: number | null
  outcome: KvOutcome | 'under way'
  /** The HTTP status, or 0 where there was none. */
  status: number
}

/**
 * `ok`: 200 to a read, 2xx to a write. `absent`: 404 to a read. `unavailable`: 503. `refused`: any other 4xx, or a status that the contract does
 * not know. `pending`: a time-out, a reset, a connection that was refused, a broken answer, or any other 5xx.
 * Only `ok` and `absent` are answers: a write that ended in anything else may take effect at any later time, or never.
 */
export type KvOutcome = 'ok' | 'absent' | 'unavailable' | 'refused' | 'pending'

/** What the harness did to a node, or to a link between two. */
export interface KvEvent {
  /** Taken before it was done. */
  readonly atMs: number
  /** `null` where no single node is meant. */
  readonly node: string | null
  readonly kind: 'started' | 'serving' | 'killed' | 'terminated' | 'paused' | 'resumed' | 'died' | 'cut' | 'healed' | 'note'
  /** For a person, e.g. `kill -9`. */
  readonly text: string
}
