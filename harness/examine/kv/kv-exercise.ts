/** The second exercise: each check starts the clusters it needs. */
import { MisuseError } from '../../candidate/fault.ts'
import type { Target } from '../../candidate/find-candidate.ts'
import type { CheckResult } from '../../record/check-record.ts'
import type { CheckTask, Exercise, ExerciseGround, OpenExercise } from '../exercise.ts'
import { runCheck } from '../run-check.ts'
import { KvAttempt } from './kv-attempt.ts'
import { KV_CHECKS } from './kv-check-list.ts'
import type { KvCheck } from './kv-check.ts'

/** One node, one restart, one write that is read elsewhere, one node killed: what goes wrong first. */
const QUICK = ['k1.basics', 'k1.bytes', 'k1.concurrent', 'k2.shutdown', 'k3.replication', 'k3.converge', 'k4.stale-restart', 'k5.failover']

export const KV: Exercise = {
  name: 'kv',
  checks: KV_CHECKS,
  isQuick: ({ id, stage }) => stage === 'safe' || QUICK.includes(id),
  assertTakes,
  open: ground => new OpenKv(ground),
}

/** Nodes have to be killed and started again. */
function assertTakes(target: Target): void {
  if (target.kind === 'manifest') return
  throw new MisuseError(
    `Expected a folder or manifest of a key-value store, got ${target.url}: its nodes have to be killed and started again. ` +
      'Write a candidate.yaml with `exercise: kv` and name its folder.',
  )
}

class OpenKv implements OpenExercise {
  readonly tasks: readonly CheckTask[]
  readonly #ground: ExerciseGround
  #output = ''

  /** @throws MisuseError for a server that Assay does not start. */
  constructor(ground: ExerciseGround) {
    this.#ground = ground
    assertTakes(ground.target)
    const whyUnable = process.platform === 'linux' ? null : 'needs Linux'
    this.tasks = KV_CHECKS.map(check => ({
      check,
      whyUnable,
      run: async ({ repetition }, progress) => await this.#run(check, repetition, progress),
    }))
  }

  output(): string {
    return this.#output
  }

  /** No node outlives its check. */
  endedSince(): null {
    return null
  }

  /** Every check ends the nodes that it started. */
  async rest(): Promise<void> {
    await Promise.resolve()
  }

  async #run(check: KvCheck, repetition: number, progress: (text: string) => void): Promise<CheckResult> {
    const { signal } = this.#ground
    signal.throwIfAborted()
    const attempt = new KvAttempt(check, { ground: this.#ground, repetition, progress })
    const result = await runCheck(check, attempt, { repetition, signal })
    this.#output = attempt.printed()
    return result
  }
}
