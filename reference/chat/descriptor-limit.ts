import { readFileSync } from 'node:fs'

/** Descriptors kept for files, listeners and for telling those that are refused why. */
const RESERVE = 64
const FALLBACK = 1024

/** How many clients this process may have before it runs out of file descriptors. */
export function connectionsPermitted(limitsText: string | undefined = readProcessLimits()): number {
  const soft = limitsText?.match(/^Max open files\s+(\d+|unlimited)/m)?.[1]
  if (soft === 'unlimited') return 1_000_000
  return Math.max(1, (soft === undefined ? FALLBACK : Number(soft)) - RESERVE)
}

/** Only Linux tells its limits in a file; elsewhere a cautious number has to do, or the option. */
function readProcessLimits(): string | undefined {
  try {
    return readFileSync('/proc/self/limits', 'utf8')
  } catch {
    return undefined
  }
}
