/**
 * Whatever way our own process ends by itself (a return, `process.exit`, an uncaught error), no server stays behind: an exit hook kills
 * synchronously. Where our process is killed outright, the container's `--die-with-parent` or the parent-death signal does the same.
 */
const killers = new Set<() => void>()
let isHooked = false

/** Registers a synchronous killer; call the returned function once there is nothing left to kill. */
export function killOnExit(killer: () => void): () => void {
  if (!isHooked) {
    process.on('exit', runKillers)
    isHooked = true
  }
  killers.add(killer)
  return () => killers.delete(killer)
}

function runKillers(): void {
  for (const killer of killers) killer()
}
