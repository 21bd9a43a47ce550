import type { Limits } from './limits.ts'
import { countAllTasks, type ProcessStat } from './process-stat.ts'

/** Between two looks at the tree, in milliseconds. A memory eater takes about half a gigabyte in that time. */
const WATCH_INTERVAL_MS = 200
/**
 * Between two looks at how many tasks the whole machine has, which costs one small file. A fork bomb has to be met while it is young: once
 * it has a thousand busy processes, each gets as much of the processors as we do.
 */
const GLANCE_INTERVAL_MS = 20
/** So many more tasks than at the last look make it worth while to look at the tree at once. */
const SUSPICIOUS_GROWTH = 40

/**
 * Watches what resource limits of the kernel cannot express: memory and processes of a whole tree. (RLIMIT_AS would forbid the large
 * reservations of the JVM, Go and Node; RLIMIT_NPROC counts a user's threads and does not bind root.)
 *
 * @param onBroken called once, with a sentence that says which limit and by how much.
 * @returns a function that ends the watch.
 */
export function watchLimits(limits: Limits, processes: () => readonly ProcessStat[], onBroken: (sentence: string) => void): () => void {
  let tasksThen = countAllTasks()
  let glances = 0
  const timer = setInterval(() => {
    glances += 1
    const tasks = countAllTasks()
    if (tasks - tasksThen < SUSPICIOUS_GROWTH && glances < WATCH_INTERVAL_MS / GLANCE_INTERVAL_MS) return
    tasksThen = tasks
    glances = 0
    const sentence = brokenLimit(limits, processes())
    if (sentence === undefined) return
    clearInterval(timer)
    onBroken(sentence)
  }, GLANCE_INTERVAL_MS)
  timer.unref()
  return () => clearInterval(timer)
}

/** The sentence of the first limit that these processes break, if any. */
function brokenLimit(limits: Limits, processes: readonly ProcessStat[]): string | undefined {
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
