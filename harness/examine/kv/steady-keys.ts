/** Keys that are written long before a fault and never again: whatever happens to nodes, each that serves has to go on returning them. */
import { judgeHeld } from '../../judge/kv-convergence.ts'
import { evidenceOfStore } from '../../judge/kv-evidence.ts'
import { isRead, stepsOf, type KvStep } from '../../judge/kv-steps.ts'
import type { KvEvent } from '../../record/kv-history.ts'
import type { CheckFinding } from '../check.ts'
import { agree } from './agreement.ts'
import type { KvCheckContext } from './kv-check.ts'
import type { KvNode } from './kv-node.ts'
import type { KvUser } from './kv-user.ts'
import { writeSurely } from './persistence.ts'

const REPLICATED_MS = 2000
/** What is on a node is saved 1.5 s later. */
const SAVED_MS = 2000
const TRY_MS = 700
const LOOK_EVERY_MS = 100

export class SteadyKeys {
  readonly #context: KvCheckContext
  readonly #keys: readonly string[]
  readonly #players: Promise<void>[]
  /** What was read before, while the keys were on their way, is right in any case. */
  readonly #fromMs: number
  #isOver = false

  /** Writes one on each node, waits until all nodes have it and have saved it, and then reads them until it is stopped. */
  static async begin(context: KvCheckContext, nodes: readonly KvNode[]): Promise<SteadyKeys> {
    const users = nodes.map(node => context.user(node))
    const keys = users.map(() => context.freshKey('steady'))
    await Promise.all(users.map(async (user, at) => await writeSurely(context, user, keys[at] ?? '', `steady, on ${user.node.name}`)))
    const { violations, silent } = await agree(context, users, keys, { withinMs: REPLICATED_MS })
    await context.patience.pause(SAVED_MS)
    // What did not reach all nodes is for k3.replication, and nothing to be steady.
    return new SteadyKeys(context, users, silent.length > 0 ? [] : keys.filter(key => !violations.has(key)))
  }

  private constructor(context: KvCheckContext, users: readonly KvUser[], keys: readonly string[]) {
    this.#context = context
    this.#keys = keys
    this.#fromMs = context.nowMs()
    this.#players = users.map(async user => await this.#play(user))
    // An interruption ends all of them, and is told by `stop`; until then it must not count as unhandled.
    for (const player of this.#players) player.catch(() => undefined)
  }

  async stop(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#players)
  }

  /** The first read that returned anything else, of a node that served all the time; `null` where there was none. No answer is none. */
  wrong(): CheckFinding | null {
    const history = this.#context.recorder.history()
    for (const key of this.#keys) {
      const steps = stepsOf(history, key)
      for (const read of steps.filter(step => isRead(step) && step.callAtMs >= this.#fromMs)) {
        const violation = served(read, history.events) ? judgeHeld(read, steps) : null
        if (violation === null) continue
        const reason = `Keys were on all nodes long before the first fault and were not written again, and every node that served had to return them. ${violation.text}`
        return { outcome: 'fail', reason, evidence: evidenceOfStore([violation], key) }
      }
    }
    return null
  }

  async #play(user: KvUser): Promise<void> {
    while (!this.#isOver) {
      for (const key of this.#keys) await user.read(key, TRY_MS)
      await this.#context.patience.pause(LOOK_EVERY_MS)
    }
  }
}

/** Whether the node had said that it serves, and was not told to end before it had answered. */
function served({ node, callAtMs, doneAtMs }: KvStep, events: readonly KvEvent[]): boolean {
  const own = events.filter(event => event.node === node && ['started', 'serving', 'killed', 'terminated'].includes(event.kind))
  const before = own.findLast(({ atMs }) => atMs <= callAtMs)
  return before?.kind === 'serving' && !own.some(({ atMs }) => atMs > callAtMs && atMs <= (doneAtMs ?? Infinity))
}
