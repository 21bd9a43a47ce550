import type { ContainmentLevel } from './contain-level.ts'
import type { ExitInfo } from './exit-info.ts'
import type { ProcessSample } from './process-sample.ts'

/** A server under examination: one that Assay started, or one that listens already. */
export interface RunningCandidate {
  readonly name: string
  readonly language: string
  readonly transport: 'ws' | 'tcp' | 'http'
  readonly host: string
  readonly port: number
  /** `transport://host:port`. */
  readonly url: string
  /** The server's first process, wrappers left out; `null` for a server that Assay did not start, unless a pid was given. */
  readonly rootPid: number | null
  /** How strictly it is contained; `undefined` for a server that Assay did not start. */
  readonly containment: ContainmentLevel | undefined
  /** False for a server that Assay did not start: then `freeze` and `thaw` throw, and what needs them is not attempted. */
  readonly canFreeze: boolean

  /**
   * The last 256 KiB of stdout and stderr together, as they came (strip terminal escapes before showing them); with `sinceBytes`, a
   * `printedBytes` of before, only what came after that.
   */
  output(sinceBytes?: number): string
  /** Bytes ever printed, kept or not. */
  printedBytes(): number
  /** Of the whole process tree, read synchronously; cheap enough for four times a second. `null` where it cannot be known. */
  sample(): ProcessSample | null
  /** CPU time of the living threads in seconds, in steps of nanoseconds: for measuring cost. `null` where it cannot be known. */
  preciseCpuSeconds(): number | null
  /** The living pids of the server's own processes, the first one first. */
  pids(): readonly number[]

  /** Settles when the server's first process has ended, for whatever reason, and nothing of its tree is left. Never rejects. */
  readonly exited: Promise<ExitInfo>
  hasExited(): ExitInfo | null

  /** Stops every process of the tree (SIGSTOP); returns once all stand still. */
  freeze(): void
  /** Lets them go on (SIGCONT). */
  thaw(): void
  /**
   * Ends it: SIGTERM to the server's own process group, 5 s of grace, then SIGKILL to everything that came from it. Waits until
   * nothing is left; may be called again. A server that Assay did not start is left alone.
   */
  stop(): Promise<ExitInfo>
  /** Ends it as a power cut would: SIGKILL to everything that came from it, without a word before. Waits until nothing is left. */
  crash(): Promise<ExitInfo>
}
