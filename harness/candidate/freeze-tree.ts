import { stopAll } from './kill-tree.ts'
import { threadStates, type ProcessStat } from './process-stat.ts'

/** How often threads are looked at again. Each stops at its next return from the kernel, within microseconds; one that waits for a disk may not. */
const MAX_LOOKS = 100

/** Stops a whole tree and returns once every thread of it stands still (or after a bounded number of looks). */
export function freezeAll(find: () => readonly ProcessStat[]): void {
  let moving = stopAll(find)
  for (let look = 0; look < MAX_LOOKS && moving.length > 0; look++) {
    moving = moving.filter(stat => threadStates(stat.pid).some(state => 'RSD'.includes(state)))
  }
}
