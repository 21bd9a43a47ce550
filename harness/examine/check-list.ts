import type { Check } from './check.ts'
import { fanout } from './checks/fanout.ts'

/** Every check, in the order in which they are run. */
export const CHECKS: readonly Check[] = [fanout]
