/** What a check of the second exercise is given: clusters of the candidate, clients whose doings are recorded, and time. */
import type { Random } from '../../scenario/seeded-random.ts'
import type { KvHistoryRecorder } from '../../record/kv-history-recorder.ts'
import type { CheckDescription, CheckFinding } from '../check.ts'
import type { Patience } from '../patience.ts'
import type { ClusterOptions, KvCluster } from './cluster.ts'
import type { KvNode } from './kv-node.ts'
import type { KvUser, KvUserOptions } from './kv-user.ts'

export interface KvCheck extends CheckDescription {
  run(context: KvCheckContext): Promise<CheckFinding>
}

export interface KvCheckContext {
  readonly language: string
  readonly seed: number
  readonly random: Random
  /** Smaller provocations. */
  readonly quick: boolean
  readonly signal: AbortSignal
  readonly patience: Patience
  /** The clock of the history and of everything else: monotonic, in milliseconds. */
  readonly nowMs: () => number
  /** Everything that users of this check do. A check that wants several histories makes more of them. */
  readonly recorder: KvHistoryRecorder
  /** Milliseconds that a node may take until it serves (the manifest's `readyTimeout`). */
  readonly readyMs: number
  /** Started, and all nodes serving; ended and its data removed after the check. @throws CandidateFault when one does not serve in time. */
  cluster(options?: ClusterOptions): Promise<KvCluster>
  /** The same with no node started. */
  stoppedCluster(options?: ClusterOptions): Promise<KvCluster>
  /** A recorded client that stays with one node; closed after the check. */
  user(node: KvNode, options?: Partial<Omit<KvUserOptions, 'nowMs'>>): KvUser
  /** A key that nothing else uses. */
  freshKey(prefix?: string): string
  /** Says what it is at, for whoever waits. */
  progress(text: string): void
}
