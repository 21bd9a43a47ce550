import type { KvCheck } from './kv-check.ts'

/** Every check of the second exercise, in the order in which they are run. */
export const KV_CHECKS: readonly KvCheck[] = []
