/** Ctrl-C: the first asks the work to end and keep what it has; the second ends at once. */
import { EXIT } from './exit-code.ts'

export interface Interrupt {
  readonly signal: AbortSignal
  release(): void
}

export function abortOnInterrupt(): Interrupt {
  const controller = new AbortController()
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted)
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
