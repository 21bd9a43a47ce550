import { availableParallelism } from 'node:os'

/** The most threads that may play the users: for each there is room for one probe more in every channel (see `ledger.ts`). */
export const MAX_WORKERS = 64

/** All cores but one, which is left to the thread that leads them. */
export function defaultWorkers(): number {
  return Math.min(MAX_WORKERS, Math.max(1, availableParallelism() - 1))
}
