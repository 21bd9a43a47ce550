/** Counts what a piece of work allocates on V8's heap. It is a count, not a time: a busy machine gives the same. */
import { GCProfiler, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * Bytes that `work` allocates on this thread's heap, dead ones included: the growth between one collection and the next, added up.
 * Buffers' own memory lies outside the heap and is not in it.
 */
export function allocatedBytes(work: () => void): number {
  const collect = exposedCollector()
  collect()
  const profiler = new GCProfiler()
  profiler.start()
  let usedBytes = process.memoryUsage().heapUsed
  work()
  const endBytes = process.memoryUsage().heapUsed
  const { statistics } = profiler.stop()
  let allocated = 0
  for (const { beforeGC, afterGC } of statistics) {
    allocated += beforeGC.heapStatistics.usedHeapSize - usedBytes
    usedBytes = afterGC.heapStatistics.usedHeapSize
  }
  return allocated + endBytes - usedBytes
}

function exposedCollector(): () => void {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  if (typeof collect !== 'function') throw new Error('Expected --expose-gc to give a function gc, got none')
  return () => void collect()
}
