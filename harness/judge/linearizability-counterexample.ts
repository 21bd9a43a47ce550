import { isAnsweredRead } from './linearizability-calls.ts'
import type { KvOperation } from './linearizability-operation.ts'

/**
 * Cuts a violation down to operations none of which can be left out. `isViolation` judges a shorter history; where it cannot tell, it has to
 * say `false`, and the operation stays.
 *
 * Not every part of a history is evidence: without the write, a read of its value would look wrong. What may be left out is any read, since it
 * only asks for more, and any write whose value none of the reads left returns, since in a valid order of the whole it could be left out
 * too. So if the cut history is no register's, neither is the whole one.
 */
export function smallestViolation(
  history: readonly KvOperation[],
  isViolation: (part: readonly KvOperation[]) => boolean,
): readonly KvOperation[] {
  let kept: readonly KvOperation[] = history.filter(operation => operation.kind !== 'read' || isAnsweredRead(operation))
  // A write may go once its reads are gone, and a read may become idle once a write is: two rounds almost always settle it.
  for (let before = Infinity; kept.length < before;) {
    before = kept.length
    kept = leaveOut(kept, isAnsweredRead, isViolation)
    const valuesRead = new Set(kept.filter(isAnsweredRead).map(operation => operation.value))
    kept = leaveOut(kept, operation => operation.kind !== 'read' && !valuesRead.has(operation.value), isViolation)
  }
  return kept.toSorted((a, b) => a.callAtMs - b.callAtMs)
}

/** Leaves out as many of the candidates as it can: halves first, then ever smaller pieces, down to single ones (Zeller's delta debugging). */
function leaveOut(
  history: readonly KvOperation[],
  isCandidate: (operation: KvOperation) => boolean,
  isViolation: (part: readonly KvOperation[]) => boolean,
): readonly KvOperation[] {
  let kept = history
  let candidates = history.filter(isCandidate)
  for (let piece = candidates.length; piece >= 1; piece = Math.floor(piece / 2)) {
    for (let from = 0; from < candidates.length;) {
      const leaving = new Set(candidates.slice(from, from + piece))
      const part = kept.filter(operation => !leaving.has(operation))
      if (isViolation(part)) {
        kept = part
        candidates = candidates.filter(operation => !leaving.has(operation))
      } else {
        from += piece
      }
    }
  }
  return kept
}
