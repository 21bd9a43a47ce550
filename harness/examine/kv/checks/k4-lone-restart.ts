import type { CheckFinding } from '../../check.ts'
import { failure } from '../../late-finding.ts'
import { agree, failedAgreement } from '../agreement.ts'
import type { KvCluster } from '../cluster.ts'
import type { KvCheck, KvCheckContext } from '../kv-check.ts'
import type { KvNode } from '../kv-node.ts'
import { deleteSurely, writeSurely } from '../persistence.ts'

const KEYS = 100
const REPLICATED_MS = 2000
/** What is on a node is saved 1.5 s later. */
const SAVED_MS = 2000
const SERVES_MS = 2000
const AT_ONCE = 20

export const loneRestart: KvCheck = {
  id: 'k4.lone-restart',
  stage: '4',
  title: 'With no peer up, a node serves what it had saved.',
  provokes: 'All nodes are killed (kill -9) 2 s after the last write; then each is started while the others are down.',
  needs: [],
  budgetMs: 180_000,
  async run(context) {
    const cluster = await context.cluster()
    const keys = await fill(context, cluster)
    const readers = cluster.nodes.map(node => context.user(node, { connections: 8 }))
    const before = await agree(context, readers, keys, { withinMs: REPLICATED_MS })
    if (failedAgreement(before, '') !== null) {
      return { outcome: 'inconclusive', reason: 'Keys did not reach all nodes within 2 s, which k3.replication judges.' }
    }
    await context.patience.pause(SAVED_MS)
    await Promise.all(cluster.nodes.map(async node => await node.kill()))
    for (const node of cluster.nodes) {
      context.progress(`node ${node.name} starts alone`)
      const finding = await startAlone(context, cluster, node, keys)
      if (finding !== null) return finding
      await node.kill()
    }
    return { outcome: 'pass', reason: `Each of ${cluster.nodes.length} nodes served all ${KEYS} keys with no peer up.` }
  },
}

async function fill(context: KvCheckContext, cluster: KvCluster): Promise<string[]> {
  const keys = Array.from({ length: KEYS }, () => context.freshKey('kept'))
  const users = cluster.nodes.map(node => context.user(node, { connections: AT_ONCE }))
  for (let from = 0; from < keys.length; from += AT_ONCE) {
    await Promise.all(
      keys.slice(from, from + AT_ONCE).map(async (key, place) => {
        const user = users[place % users.length]
        if (user === undefined) return
        await writeSurely(context, user, key, `saved ${from + place}`)
        if (place % 5 === 0) await deleteSurely(context, user, key)
      }),
    )
  }
  return keys
}

/** `null` where all is right. A store that needs a majority says 503, and is not judged. */
async function startAlone(
  context: KvCheckContext,
  cluster: KvCluster,
  node: KvNode,
  keys: readonly string[],
): Promise<CheckFinding | null> {
  await cluster.launch(node)
  const reader = context.user(node, { connections: 8 })
  if (!(await node.ready())) {
    const { outcome, reason } = await reader.client.health()
    if (outcome === 'unavailable') return needsMajority(node)
    return failure('stuck', `node ${node.name}`, `Node ${node.name} was started with no peer up, and did not serve: ${reason}.`)
  }
  const { outcome } = await reader.read(keys[0] ?? '')
  const agreement = await agree(context, [reader], keys, { withinMs: SERVES_MS })
  // What it did answer counts, whatever it says to other reads.
  const isWrong = agreement.violations.size > 0
  if (
    !isWrong &&
    agreement.silent.length > 0 &&
    (outcome === 'unavailable' || (await reader.read(keys[0] ?? '')).outcome === 'unavailable')
  ) {
    return needsMajority(node)
  }
  return failedAgreement(agreement, `Node ${node.name} was started with no peer up, and had to serve what it had saved.`)
}

function needsMajority(node: KvNode): CheckFinding {
  return { outcome: 'not attempted', reason: `Alone, node ${node.name} says 503: it needs its peers, as a store may.` }
}
