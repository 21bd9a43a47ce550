import { playAbsences } from '../absence.ts'
import type { KvCheck } from '../kv-check.ts'

export const noResurrection: KvCheck = {
  id: 'k3.no-resurrection',
  stage: '3',
  title: 'A deleted key stays deleted on all nodes, also when a node that was down during the delete comes back.',
  provokes: 'Each node in turn is ended, twice by kill -9; keys that it holds are deleted on the others; at least 3 s later it comes back.',
  needs: [],
  budgetMs: 240_000,
  run: async context =>
    await playAbsences(context, {
      change: 'deleted',
      times: 3,
      demand: 'Keys were deleted while a node was down, and had to be absent everywhere from 2 s after it served again.',
      passed: 'Keys that were deleted while a node was down stayed deleted on all nodes when it came back, three times.',
    }),
}
