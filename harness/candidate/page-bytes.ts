import { execFileSync } from 'node:child_process'

const USUAL_BYTES = 4096
const ANSWER_LIMIT_MS = 1000

/** The kernel's page size in bytes, in which it counts memory: 4 KiB nearly everywhere, 16 or 64 KiB on some ARM machines. */
export function pageBytes(): number {
  known ??= askSystem()
  return known
}
let known: number | undefined

function askSystem(): number {
  try {
    return (
      Number(
        execFileSync('getconf', ['PAGESIZE'], { encoding: 'latin1', stdio: ['ignore', 'pipe', 'ignore'], timeout: ANSWER_LIMIT_MS }),
      ) || USUAL_BYTES
    )
  } catch {
    return USUAL_BYTES
  }
}
