import { evidenceOfStore } from '../../../judge/kv-evidence.ts'
import { judgeLadder, type KeyHistory, type LadderResult } from '../../../judge/kv-ladder.ts'
import { isRead, stepsByKey, type KvStep } from '../../../judge/kv-steps.ts'
import type { CheckFinding } from '../../check.ts'
import { agree } from '../agreement.ts'
import { BackgroundWrites } from '../background-writes.ts'
import type { KvCluster } from '../cluster.ts'
import { FaultyNetwork } from '../faults-network.ts'
import type { KvCheck, KvCheckContext } from '../kv-check.ts'

const KEYS = 12
const CLIENTS_A_NODE = 3
const EVERY_MS = 15
const TIMEOUT_MS = 1000
const CALM_MS = 4000
const PAUSED_MS = 1500
const CUT_MS = 2500
const BETWEEN_MS = 1500
const CONVERGED_MS = 5000
/** The judge's own time; what it cannot decide by then is undecided. */
const JUDGED_MS = 20_000

export const linearizable: KvCheck = {
  id: 'k6.linearizable',
  stage: '6',
  title: 'Histories over all nodes are linearizable per key (a distinction, not required).',
  provokes:
    'Nine clients, each of which stays with one node, read, write and delete twelve keys; meanwhile one node is paused and one is cut off silently. Each history is held against four rungs.',
  needs: [],
  isDistinction: true,
  budgetMs: 180_000,
  async run(context) {
    const network = new FaultyNetwork(context)
    try {
      const cluster = await context.cluster({ route: network.route })
      const keys = Array.from({ length: KEYS }, () => context.freshKey('rung'))
      await play(context, cluster, network, keys)
      context.progress('the history is judged')
      const endMs = context.nowMs() + JUDGED_MS
      const histories = await historiesOf(context, cluster, keys)
      return findingOf(judgeLadder(histories, {}, { isOver: () => context.nowMs() > endMs }), histories)
    } finally {
      await network.close()
    }
  },
}

async function play(context: KvCheckContext, cluster: KvCluster, network: FaultyNetwork, keys: readonly string[]): Promise<void> {
  const { patience, random } = context
  const users = cluster.nodes.flatMap(node => Array.from({ length: CLIENTS_A_NODE }, () => context.user(node)))
  const writes = new BackgroundWrites({
    users,
    keys,
    everyMs: EVERY_MS,
    timeoutMs: TIMEOUT_MS,
    readEvery: 2,
    deleteEvery: 8,
    random,
    patience,
  })
  const [first, second] = cluster.nodes
  try {
    context.progress('nine clients read and write')
    await patience.pause(CALM_MS)
    context.progress('a node is paused')
    first?.pause()
    await patience.pause(PAUSED_MS)
    first?.resume()
    await patience.pause(BETWEEN_MS)
    context.progress('a node is cut off')
    if (second !== undefined) network.isolate(second, { manner: 'silent', lost: 'all' })
    await patience.pause(CUT_MS)
    network.heal()
    await patience.pause(BETWEEN_MS)
  } finally {
    await writes.stop()
  }
}

async function historiesOf(context: KvCheckContext, cluster: KvCluster, keys: readonly string[]): Promise<KeyHistory[]> {
  const readers = cluster.nodes.map(node => context.user(node, { connections: 8 }))
  await agree(context, readers, keys, { withinMs: CONVERGED_MS })
  const indices = new Set(readers.map(({ index }) => index))
  const all = stepsByKey(context.recorder.history())
  return keys.map(key => {
    const steps = all.get(key) ?? []
    return {
      key,
      steps: steps.filter(({ client }) => !indices.has(client)),
      finals: lastOfEach(steps.filter(step => indices.has(step.client))),
    }
  })
}

/** The last answered read of each node. */
function lastOfEach(steps: readonly KvStep[]): KvStep[] {
  return [...new Map(steps.filter(isRead).map(step => [step.node, step])).values()]
}

function findingOf({ rung, next, undecided }: LadderResult, histories: readonly KeyHistory[]): CheckFinding {
  const operations = histories.reduce((sum, { steps }) => sum + steps.length, 0)
  const figures = { operations, keys: histories.length }
  const reached = rung === null ? 'Not even values are exact' : `Highest rung that nothing violates: ${rung}`
  const of = `in ${operations} operations on ${histories.length} keys`
  if (undecided !== null)
    return { outcome: 'inconclusive', reason: `${reached}, ${of}; whether it is linearizable could not be told: ${undecided}.`, figures }
  if (next === null) return { outcome: 'pass', reason: `${reached}, ${of}, with a node paused and one cut off.`, figures }
  const evidence = evidenceOfStore([next.violation], next.key)
  return { outcome: 'fail', reason: `${reached}, ${of}. Not “${next.rung}”: ${next.violation.text}`, evidence, figures }
}
