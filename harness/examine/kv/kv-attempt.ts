/** One check of the second exercise at work: its clusters, its users, its history. */
import type { ExitInfo } from '../../candidate/exit-info.ts'
import type { RunningCandidate } from '../../candidate/running-candidate.ts'
import type { CheckEvidence } from '../../record/check-record.ts'
import { KvHistoryRecorder } from '../../record/kv-history-recorder.ts'
import { createRandom } from '../../scenario/seeded-random.ts'
import type { CheckFinding } from '../check.ts'
import type { ExerciseGround } from '../exercise.ts'
import { createPatience } from '../patience.ts'
import type { CheckAttempt } from '../run-check.ts'
import { KvCluster, type ClusterOptions } from './cluster.ts'
import type { KvCheck, KvCheckContext } from './kv-check.ts'
import type { KvNode } from './kv-node.ts'
import { KvUser } from './kv-user.ts'

const DEFAULT_READY_SECONDS = 10
const OUTPUT_CHARACTERS = 256 * 1024

export interface KvAttemptOptions {
  readonly ground: ExerciseGround
  readonly repetition: number
  readonly progress: (text: string) => void
}

export class KvAttempt implements CheckAttempt {
  readonly #check: KvCheck
  readonly #context: KvCheckContext
  readonly #clusters: KvCluster[] = []
  readonly #users: KvUser[] = []
  #addresses = 0
  #keys = 0
  #printed = ''

  constructor(check: KvCheck, { ground, repetition, progress }: KvAttemptOptions) {
    this.#check = check
    const nowMs = (): number => performance.now()
    const random = createRandom(ground.seed, `${check.id}#${repetition}`)
    const patience = createPatience(nowMs, nowMs() + check.budgetMs, ground.signal)
    const recorder = new KvHistoryRecorder()
    const readyMs = (ground.manifest?.readyTimeout ?? DEFAULT_READY_SECONDS) * 1000
    const clusterGround = { readyMs, recorder, patience, nowMs, random, start: ground.start }
    const mark = random.below(36 ** 5).toString(36)
    const stoppedCluster = async (options: ClusterOptions = {}): Promise<KvCluster> => {
      const cluster = await KvCluster.make(clusterGround, options, () => this.#addresses++)
      this.#clusters.push(cluster)
      return cluster
    }
    this.#context = {
      language: ground.manifest?.language ?? 'unknown',
      seed: ground.seed,
      random,
      quick: ground.quick,
      signal: ground.signal,
      patience,
      nowMs,
      recorder,
      readyMs,
      stoppedCluster,
      cluster: async options => {
        const cluster = await stoppedCluster(options)
        await cluster.start()
        return cluster
      },
      user: (node, options = {}) => {
        const user = new KvUser(node, { recorder, name: `client ${this.#users.length + 1}`, ...options, nowMs })
        this.#users.push(user)
        return user
      },
      freshKey: (prefix = 'key') => `${prefix}-${mark}-${(this.#keys++).toString(36)}`,
      progress,
    }
  }

  async run(): Promise<CheckFinding> {
    return await this.#check.run(this.#context)
  }

  running(): readonly RunningCandidate[] {
    return this.#nodes.filter(node => node.state !== 'down').map(node => node.server)
  }

  crashes(): readonly ExitInfo[] {
    return this.#nodes.map(node => node.crash).filter(exit => exit !== null)
  }

  /** A check of this exercise judges its own histories: what may be demanded of them depends on what was done to the nodes. */
  violations(): readonly CheckEvidence[] {
    return []
  }

  /** What the nodes printed last, each under its name; empty until it is closed. */
  printed(): string {
    return this.#printed
  }

  async close(): Promise<void> {
    for (const user of this.#users) user.close()
    const outputs = this.#nodes.map(({ name, servers }) => [name, servers.at(-1)?.output() ?? ''] as const)
    const own = outputs.flatMap(([name, output]) => (output === '' ? [] : [`--- node ${name}\n${output}`]))
    this.#printed = own.join('\n').slice(-OUTPUT_CHARACTERS)
    await Promise.all(this.#clusters.map(cluster => cluster.close()))
  }

  get #nodes(): readonly KvNode[] {
    return this.#clusters.flatMap(cluster => cluster.nodes)
  }
}
