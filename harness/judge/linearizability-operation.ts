/**
 * What one client did to one key, as the checker reads it. A value stands for its bytes: any two operations whose bytes are equal carry equal
 * strings. `null` is the absent key: what a delete leaves behind, and what a read answered by 404 returns.
 */
export interface KvOperation {
  /** Who asked; only for people who read the evidence. */
  readonly client: number
  /** Which node was asked, where that matters to a reader. */
  readonly node?: string
  readonly kind: 'read' | 'write' | 'delete'
  /** Written or read; a delete has `null`. */
  readonly value: string | null
  /** Taken before the request's first byte was sent. */
  readonly callAtMs: number
  /** Taken after the answer's last byte was read; `null` while it may still take effect, as after a time-out, a reset or any 5xx. */
  readonly doneAtMs: number | null
}

/** One line for a person: who, what, when. */
export function describeOperation(operation: KvOperation): string {
  const where = operation.node === undefined ? '' : ` on ${operation.node}`
  const end = operation.doneAtMs === null ? 'never answered' : `done at ${operation.doneAtMs.toFixed(1)} ms`
  return `client ${operation.client} ${describeAction(operation)}${where}, called at ${operation.callAtMs.toFixed(1)} ms, ${end}`
}

function describeAction({ kind, value }: KvOperation): string {
  const shown = value === null ? 'absent' : JSON.stringify(value)
  switch (kind) {
    case 'read':
      return `read ${shown}`
    case 'write':
      return `wrote ${shown}`
    case 'delete':
      return 'deleted the key'
  }
}
