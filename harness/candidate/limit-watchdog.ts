import type { Limits } from './limits.ts'
import type { ProcessStat } from './process-stat.ts'

/** Between two looks, in milliseconds. A fork bomb makes a few thousand processes in that time, a memory eater about a gigabyte. */
const WATCH_INTERVAL_MS = 200

/**
 * Watches what resource limits of the kernel cannot express: memory and processes of a whole tree. (RLIMIT_AS would forbid the large
 * reservations of the JVM, Go and Node; RLIMIT_NPROC counts a user's threads and does not bind root.)
 *
 * @param onBroken called once, with a sentence that says which limit and by how much.
 * @returns a function that ends the watch.
 */
export function watchLimits(limits: Limits, processes: () => readonly ProcessStat[], onBroken: (sentence: string) => void): () => void {
  const timer = setInterval(() => {
    const sentence = brokenLimit(limits, processes())
    if (sentence === undefined) return
    clearInterval(timer)
    onBroken(sentence)
  }, WATCH_INTERVAL_MS)
  timer.unref()
  return () => clearInterval(timer)
}

/** The sentence of the first limit that these processes break, if any. */
export function brokenLimit(limits: Limits, processes: readonly ProcessStat[]): string | undefined {
  const living = processes.filter(stat => stat.state !== 'Z')
  if (living.length > limits.processes) {
    return `it runs ${living.length} processes at once, more than the ${limits.processes} allowed (does it fork without end?).`
  }
  const rssBytes = living.reduce((total, stat) => total + stat.rssBytes, 0)
  if (rssBytes > limits.memoryBytes) {
    return `its processes hold ${mebibytes(rssBytes)} MiB of memory, more than the ${mebibytes(limits.memoryBytes)} MiB allowed.`
  }
  const tasks = living.reduce((total, stat) => total + stat.threads, 0)
  if (tasks > limits.tasks) return `it runs ${tasks} threads at once, more than the ${limits.tasks} allowed.`
  return undefined
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / (1024 * 1024))
}
