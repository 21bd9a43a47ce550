/** Ctrl-C: the first asks the work to end and keep what it has; the second ends at once. */
import { EXIT } from './exit-code.ts'

/** A terminal's Ctrl-C reaches a command in an isolated network twice, directly and through the process around it: within this it is one. */
const ONE_PRESS_MS = 300

export interface Interrupt {
  readonly signal: AbortSignal
  release(): void
}

export function abortOnInterrupt(): Interrupt {
  const controller = new AbortController()
  let firstMs = -Infinity
  const onSignal = (): void => {
    if (performance.now() - firstMs < ONE_PRESS_MS) return
    if (controller.signal.aborted) process.exit(EXIT.interrupted)
    firstMs = performance.now()
    process.stderr.write('\nInterrupted: ending the run and writing what was measured. Ctrl-C again ends at once.\n')
    controller.abort()
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return {
    signal: controller.signal,
    release() {
      process.off('SIGINT', onSignal)
      process.off('SIGTERM', onSignal)
    },
  }
}
