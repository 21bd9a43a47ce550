import type { Limits } from './limits.ts'

/** Everything needed to start a process: decided in one place, whether it is contained or not. */
export type Launch = {
  readonly file: string
  readonly args: readonly string[]
  /** Where the outermost process starts; inside a container the folder is set by its arguments. */
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  /** An assignment found in the environment of everything that this launch starts. */
  readonly marker: string
  readonly isContained: boolean
  readonly limits: Limits
}
