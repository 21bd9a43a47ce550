import { availableParallelism } from 'node:os'

/** What a candidate may use. Every one of them costs the candidate its verdict when broken, and Assay nothing. */
export type Limits = {
  /** Resident memory of the whole tree in bytes. The bound of `s2.bounded` is 2 GiB; a little above it, so that the check can say it. */
  readonly memoryBytes: number
  /**
   * Processes of the tree. No honest server or build has this many, and a fork bomb has to be ended while it is young: with hundreds of busy
   * processes in sessions of their own, each gets as much of the processors as Assay does.
   */
  readonly processes: number
  /** Processes and threads together: a thread per connection with 10,000 connections is honest. */
  readonly tasks: number
  /**
   * Open descriptors of one process (RLIMIT_NOFILE, soft and hard), never above what this machine allows. Four for each of 15,000 connections: a
   * right server never has so many, and one that leaks them without end meets its limit before the kernel, which all share, meets one of its own.
   */
  readonly descriptors: number
  /** Size of one file in bytes (RLIMIT_FSIZE). */
  readonly fileBytes: number
  /** What the server's own temporary folder holds, in bytes (it lives in memory). */
  readonly temporaryBytes: number
  /** What a build may leave in its folder, in bytes. */
  readonly buildBytes: number
  /** How long a server may take to end on SIGTERM before everything of it is killed, in milliseconds. */
  readonly graceMs: number
  /** How long a build may take, in milliseconds. */
  readonly buildMs: number
}

const MIB = 1024 * 1024

export const DEFAULT_LIMITS: Limits = {
  memoryBytes: 3 * 1024 * MIB,
  processes: 64 + 4 * availableParallelism(),
  tasks: 20_000,
  descriptors: 65_536,
  fileBytes: 512 * MIB,
  temporaryBytes: 256 * MIB,
  buildBytes: 2048 * MIB,
  graceMs: 5000,
  buildMs: 180_000,
}
