import type { CheckFinding } from '../../check.ts'
import { failure } from '../../late-finding.ts'
import { StuckError } from '../../patience.ts'
import { agree, failedAgreement } from '../agreement.ts'
import type { KvCluster } from '../cluster.ts'
import { FaultyNetwork } from '../faults-network.ts'
import type { KvCheck, KvCheckContext } from '../kv-check.ts'
import type { KvNode } from '../kv-node.ts'
import { overtakeMany } from '../overtaking.ts'
import { deleteSurely, writeSurely } from '../persistence.ts'

const COPIER = 'a'
const SLOW = 'b'
const FAR = 'c'
const KEYS = 100
/** Written while a node is down: it has them from its peers, and not as they were written. */
const COPIED_KEYS = 40
/** The later write reaches the last node first: it must not have saved the earlier one over it. */
const OVERTAKEN_KEYS = 5
const DELAY_MS = 100
const REPLICATED_MS = 2000
/** What is on a node is saved 1.5 s later. */
const SAVED_MS = 2000
const SERVES_MS = 2000
const AT_ONCE = 20

export const loneRestart: KvCheck = {
  id: 'k4.lone-restart',
  stage: '4',
  title: 'With no peer up, a node serves what it had saved.',
  provokes:
    'Keys are written on all nodes; one node overwrites what another wrote, whose link to the third is slow; then more are written while one is down, which comes back and copies them. 2 s later all nodes are killed (kill -9); then each is started while the others are down.',
  needs: [],
  budgetMs: 180_000,
  async run(context) {
    const network = new FaultyNetwork(context)
    try {
      return await play(context, network)
    } finally {
      await network.close()
    }
  },
}

async function play(context: KvCheckContext, network: FaultyNetwork): Promise<CheckFinding> {
  // All other links are direct: whoever dials a node that is down is refused.
  const cluster = await context.cluster({
    route: async (from, to, address) => (from.name === SLOW && to.name === FAR ? await network.route(from, to, address) : address),
  })
  const readers = cluster.nodes.map(node => context.user(node, { connections: 8 }))
  const keys = await fill(context, cluster.nodes, KEYS)
  if (failedAgreement(await agree(context, readers, keys, { withinMs: REPLICATED_MS }), '') !== null) return notReplicated('k3.replication')
  network.delay(cluster.node(SLOW), cluster.node(FAR), DELAY_MS)
  for (let done = 0; done < OVERTAKEN_KEYS; done++) {
    keys.push(...(await overtakeMany(context, cluster.node(SLOW), cluster.node(COPIER), 1)))
    // Nothing is under way any more when the next is written: what is sent with something later is no longer the earlier.
    await context.patience.pause(3 * DELAY_MS)
  }
  network.heal()
  if (failedAgreement(await agree(context, readers, keys, { withinMs: REPLICATED_MS }), '') !== null) return notReplicated('k3.converge')
  // What it had acknowledged just before it is killed would count for nothing.
  await context.patience.pause(SAVED_MS)
  const copier = cluster.node(COPIER)
  await copier.kill()
  try {
    keys.push(...(await fill(context, cluster.others(copier), COPIED_KEYS)))
  } catch (error) {
    // Who takes no writes while that node is down is judged by k4.stale-restart and k5.failover, and has nothing to copy here.
    if (!(error instanceof StuckError)) throw error
  }
  await cluster.start()
  if (failedAgreement(await agree(context, readers, keys, { withinMs: REPLICATED_MS }), '') !== null)
    return notReplicated('k4.stale-restart')
  await context.patience.pause(SAVED_MS)
  await Promise.all(cluster.nodes.map(async node => await node.kill()))
  for (const node of cluster.nodes) {
    context.progress(`node ${node.name} starts alone`)
    const finding = await startAlone(context, cluster, node, keys)
    if (finding !== null) return finding
    await node.kill()
  }
  return { outcome: 'pass', reason: `Each of ${cluster.nodes.length} nodes served all ${keys.length} keys with no peer up.` }
}

function notReplicated(judge: string): CheckFinding {
  return { outcome: 'inconclusive', reason: `Keys did not reach all nodes within 2 s, which ${judge} judges.` }
}

async function fill(context: KvCheckContext, nodes: readonly KvNode[], count: number): Promise<string[]> {
  const keys = Array.from({ length: count }, () => context.freshKey('kept'))
  const users = nodes.map(node => context.user(node, { connections: AT_ONCE }))
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
