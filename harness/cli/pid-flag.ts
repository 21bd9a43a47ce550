import { MisuseError } from '../candidate/fault.ts'
import { isUrl } from './check-targets.ts'

/**
 * `targets`: as the user named them.
 * @throws MisuseError where `--pid` would have no effect.
 */
export function assertPidFits(pid: number | undefined, targets: readonly string[]): void {
  if (pid === undefined || (targets.length === 1 && targets.every(isChatUrl))) return
  throw new MisuseError(
    `Expected --pid beside one ws:// or tcp:// server, got ${targets.join(', ')}: of what Assay starts itself it knows the processes, and of a ` +
      'store that runs already it samples none. Leave it out.',
  )
}

function isChatUrl(target: string): boolean {
  return isUrl(target) && !/^http/i.test(target)
}
