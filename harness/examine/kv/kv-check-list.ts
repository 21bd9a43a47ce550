import type { KvCheck } from './kv-check.ts'
import { basics } from './checks/basics.ts'
import { bytes } from './checks/bytes.ts'

/** Every check of the second exercise, in the order in which they are run. */
export const KV_CHECKS: readonly KvCheck[] = [basics, bytes]
