import { playAbsences, SHORT_ABSENCE } from '../absence.ts'
import type { KvCheck } from '../kv-check.ts'

export const staleRestart: KvCheck = {
  id: 'k4.stale-restart',
  stage: '4',
  title: 'A node that comes back with old data takes the newer from its peers and never overwrites it with its own.',
  provokes:
    'Each node in turn is ended, twice by kill -9; keys that it holds are overwritten on the others; at least 3 s later it comes back, while others write new keys.',
  needs: [],
  budgetMs: 240_000,
  run: async context =>
    await playAbsences(context, {
      change: 'overwritten',
      absences: [SHORT_ABSENCE, SHORT_ABSENCE, { ...SHORT_ABSENCE, isKilled: false }],
      demand: 'Keys were overwritten while a node was down, and every node had to hold the newer values from 2 s after it served again.',
      passed:
        'Nodes that came back with old values had the newer ones within 2 s, and what was written meanwhile, and gave their own to nobody, three times.',
    }),
}
