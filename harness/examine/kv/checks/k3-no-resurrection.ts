import { playAbsences, SHORT_ABSENCE } from '../absence.ts'
import type { KvCheck } from '../kv-check.ts'

/** No delete may be forgotten while a node is away, however long that is. */
const LONG_AWAY_MS = 10_000
/** Nor for others that came after it. */
const MORE_DELETES = 3000

export const noResurrection: KvCheck = {
  id: 'k3.no-resurrection',
  stage: '3',
  title: 'A deleted key stays deleted on all nodes, also when a node that was down during the delete comes back.',
  provokes:
    'Each node in turn is ended, twice by kill -9; keys that it holds are deleted on the others; at least 3 s later it comes back, once after 10 s and 3,000 more deletes, and once after the others were killed and started again.',
  needs: [],
  budgetMs: 240_000,
  run: async context =>
    await playAbsences(context, {
      change: 'deleted',
      absences: [
        { ...SHORT_ABSENCE, isKilled: false },
        { ...SHORT_ABSENCE, awayMs: LONG_AWAY_MS, moreDeletes: MORE_DELETES },
        { ...SHORT_ABSENCE, areOthersRestarted: true },
      ],
      demand: 'Keys were deleted while a node was down, and had to be absent everywhere from 2 s after it served again.',
      passed: 'Keys that were deleted while a node was down stayed deleted on all nodes when it came back, three times.',
    }),
}
