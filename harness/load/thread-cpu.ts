/** CPU time of the thread that asks. What a loop calls active is no substitute: it counts naps, and the turns between two looks at a clock. */
import { readFileSync, readlinkSync } from 'node:fs'

/** In seconds: from the scheduler on Linux, from Node where it knows (from 22.15 on); elsewhere `null`. */
export function threadCpuSeconds(): number | null {
  try {
    threadSchedstat ??= `/proc/${readlinkSync('/proc/thread-self')}/schedstat`
    return Number(readFileSync(threadSchedstat, 'latin1').split(' ')[0]) / 1e9
  } catch {
    return secondsFromNode()
  }
}
let threadSchedstat: string | null = null

function secondsFromNode(): number | null {
  // The types are those of the oldest Node that Assay runs on.
  const { threadCpuUsage } = process as { readonly threadCpuUsage?: () => NodeJS.CpuUsage }
  if (threadCpuUsage === undefined) return null
  const { user, system } = threadCpuUsage()
  return (user + system) / 1e6
}
