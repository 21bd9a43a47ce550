import type { KvOperation } from './linearizability-operation.ts'

/** A history of one key in numbers, as the search wants it. Operations keep the order of their calls; `n` of them answered or not. */
export interface RegisterCalls {
  readonly isRead: readonly boolean[]
  /** Values are numbered; equal bytes have equal numbers. */
  readonly value: readonly number[]
  readonly isPending: readonly boolean[]
  readonly initialValue: number
  readonly valueCount: number
  /**
   * Calls and returns on one time line: `i` is the call of operation i, `n + i` its return; pending operations have no return. Where times
   * are equal, calls come first: two operations that touch count as overlapping, so that a coarse clock cannot make a violation.
   */
  readonly timeline: readonly number[]
}

/**
 * Leaves out what cannot matter: reads that were never answered, and unanswered writes whose value nobody read. The latter may be taken as
 * never having happened; were such a write in some valid order, the next one in it would be another write, and it could be left out too.
 */
export function registerCalls(history: readonly KvOperation[], initial: string | null): RegisterCalls {
  const valuesRead = new Set(history.flatMap(operation => (isAnsweredRead(operation) ? [operation.value] : [])))
  const operations = history
    .filter(operation => operation.doneAtMs !== null || (operation.kind !== 'read' && valuesRead.has(operation.value)))
    .sort((a, b) => a.callAtMs - b.callAtMs)
  const numbers = new Map<string | null, number>()
  const numberOf = (value: string | null): number => {
    const known = numbers.get(value) ?? numbers.size
    numbers.set(value, known)
    return known
  }
  const initialValue = numberOf(initial)
  const value = operations.map(operation => numberOf(operation.value))
  return {
    isRead: operations.map(operation => operation.kind === 'read'),
    value,
    isPending: operations.map(operation => operation.doneAtMs === null),
    initialValue,
    valueCount: numbers.size,
    timeline: timelineOf(operations),
  }
}

export function isAnsweredRead(operation: KvOperation): boolean {
  return operation.kind === 'read' && operation.doneAtMs !== null
}

function timelineOf(operations: readonly KvOperation[]): number[] {
  const events = operations.flatMap(({ callAtMs, doneAtMs }, at) => [
    { atMs: callAtMs, isReturn: 0, event: at },
    ...(doneAtMs === null ? [] : [{ atMs: doneAtMs, isReturn: 1, event: operations.length + at }]),
  ])
  return events.sort((a, b) => a.atMs - b.atMs || a.isReturn - b.isReturn).map(({ event }) => event)
}
