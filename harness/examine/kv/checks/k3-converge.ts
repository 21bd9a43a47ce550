import { CandidateFault } from '../../../candidate/fault.ts'
import type { CheckFinding } from '../../check.ts'
import { agree, failedAgreement } from '../agreement.ts'
import { findClockFault, removeClockLeftovers, whyClockIsNotOffset } from '../faults-clock.ts'
import { FaultyNetwork } from '../faults-network.ts'
import type { KvCluster } from '../cluster.ts'
import type { KvCheck, KvCheckContext } from '../kv-check.ts'
import type { KvUser } from '../kv-user.ts'
import { overtakeMany } from '../overtaking.ts'

const QUIET_MS = 5000
/** So much after they had agreed all nodes are looked at again: what comes late, or again, may undo it. */
const LATER_MS = 2000
const STORM_KEYS = 30
const STORM_WRITES = 5
const STORM_GAP_MS = 12
/** Written once by each node in the same moment, one key after the other: stamps that are the same, and what comes in between. */
const MOMENT_KEYS = 80
const MOMENT_GAP_MS = 4
/** Long enough for writes to overtake each other, short enough for no leader to be given up. */
const DELAY_MS = 100
const OVERTAKING_KEYS = 5
const OFFSETS_SECONDS = [0, 45, -45]

export const converge: KvCheck = {
  id: 'k3.converge',
  stage: '3',
  title: 'Concurrent writes to one key end in the same value on all nodes, and in one that no later write had superseded.',
  provokes:
    'Each node finds itself in its PEERS too. All nodes write the same keys at once, also over a slow link, and also each key in the same moment; writes overtake each other where one link is slow; and, where faketime reaches, nodes whose clocks differ by 90 s write in turn.',
  needs: [],
  budgetMs: 180_000,
  async run(context) {
    const network = new FaultyNetwork(context)
    try {
      const cluster = await context.cluster({ route: network.route, namesSelf: true })
      const keys: string[] = []
      const failed =
        (await storm(context, cluster, keys)) ??
        (await writeInTheSameMoment(context, cluster, keys)) ??
        (await stormOnSlowLink(context, cluster, network, keys)) ??
        (await overtakeOnSlowLinks(context, cluster, network, keys)) ??
        (await lookAgain(context, cluster, keys))
      if (failed !== null) return failed
      await Promise.all(cluster.nodes.map(async node => await node.kill()))
      const offset = await underOffsetClocks(context)
      if (typeof offset !== 'string') return offset
      const overtaken = OVERTAKING_KEYS * cluster.nodes.length
      const text = `All nodes came to the same values of ${keys.length - overtaken} keys that they had written at once, and of ${overtaken} where one write overtook another.`
      return { outcome: 'pass', reason: `${text} ${offset}` }
    } finally {
      await network.close()
    }
  },
}

/** Adds its keys to `all`. */
async function storm(context: KvCheckContext, cluster: KvCluster, all: string[]): Promise<CheckFinding | null> {
  context.progress('all nodes write the same keys')
  const keys = Array.from({ length: context.quick ? STORM_KEYS / 2 : STORM_KEYS }, () => context.freshKey('at-once'))
  all.push(...keys)
  const users = cluster.nodes.map(node => context.user(node, { connections: 10 }))
  await Promise.all(users.flatMap(user => keys.map(async key => await writeOften(context, user, key))))
  const agreement = await agree(context, readersOf(context, cluster), keys, { withinMs: QUIET_MS })
  return failedAgreement(agreement, 'Nodes wrote the same keys at once, and 5 s later had to hold the same.')
}

/** Adds its keys to `all`. What a node is given while it still tells a peer of what was there before must reach that peer too. */
async function stormOnSlowLink(
  context: KvCheckContext,
  cluster: KvCluster,
  network: FaultyNetwork,
  all: string[],
): Promise<CheckFinding | null> {
  const [one, other] = cluster.nodes
  if (one === undefined || other === undefined) throw new Error('Expected a cluster to have two nodes. This is a bug in Assay.')
  network.delay(one, other, DELAY_MS)
  try {
    return await storm(context, cluster, all)
  } finally {
    network.heal()
  }
}

/** Adds its keys to `all`. */
async function writeInTheSameMoment(context: KvCheckContext, cluster: KvCluster, all: string[]): Promise<CheckFinding | null> {
  context.progress('all nodes write each key in the same moment')
  const keys = Array.from({ length: MOMENT_KEYS }, () => context.freshKey('moment'))
  all.push(...keys)
  const users = cluster.nodes.map(node => context.user(node))
  for (const key of keys) {
    await Promise.all(users.map(async user => await user.write(key, `on ${user.node.name}`)))
    await context.patience.pause(context.random.below(MOMENT_GAP_MS))
  }
  const agreement = await agree(context, readersOf(context, cluster), keys, { withinMs: QUIET_MS })
  return failedAgreement(agreement, 'Nodes wrote the same keys in the same moment, and 5 s later had to hold the same.')
}

/** Reads now and then: what is written after that, on the same node, has to win. */
async function writeOften(context: KvCheckContext, user: KvUser, key: string): Promise<void> {
  for (let turn = 0; turn < STORM_WRITES; turn++) {
    await context.patience.pause(context.random.below(STORM_GAP_MS))
    if (context.random.below(2) === 0) {
      await user.read(key)
      await context.patience.pause(5)
    }
    if (context.random.below(6) === 0) await user.delete(key)
    else await user.write(key, `${user.node.name}${turn}`)
  }
}

/** Adds its keys to `all`. */
async function overtakeOnSlowLinks(
  context: KvCheckContext,
  cluster: KvCluster,
  network: FaultyNetwork,
  all: string[],
): Promise<CheckFinding | null> {
  context.progress('writes overtake each other on a slow link')
  const keys: string[] = []
  for (const [at, slow] of cluster.nodes.entries()) {
    const [quick, far] = [cluster.nodes[(at + 1) % cluster.nodes.length], cluster.nodes[(at + 2) % cluster.nodes.length]]
    if (quick === undefined || far === undefined) continue
    network.delay(slow, far, DELAY_MS)
    keys.push(...(await overtakeMany(context, slow, quick, OVERTAKING_KEYS)))
    network.heal()
  }
  all.push(...keys)
  const agreement = await agree(context, readersOf(context, cluster), keys, { withinMs: QUIET_MS })
  return failedAgreement(agreement, 'One node overwrote what it had read from another, and 5 s later all had to hold that.')
}

/** Where something has changed they have their time once more, as a write that timed out may take effect late. */
async function lookAgain(context: KvCheckContext, cluster: KvCluster, keys: readonly string[]): Promise<CheckFinding | null> {
  await context.patience.pause(LATER_MS)
  const agreement = await agree(context, readersOf(context, cluster), keys, { withinMs: QUIET_MS })
  return failedAgreement(agreement, 'All nodes had held the same, nothing was written any more, and they had to go on holding it.')
}

/** A sentence on what was or was not done, or how it failed. Clocks that cannot be offset here are no fault of the candidate. */
async function underOffsetClocks(context: KvCheckContext): Promise<CheckFinding | string> {
  const fault = findClockFault(context.language)
  if (typeof fault === 'string') return fault
  context.progress('clocks of nodes are 90 s apart')
  const offsetOf = (name: string): number => OFFSETS_SECONDS[name.charCodeAt(0) - 0x61] ?? 0
  const cluster = await context.stoppedCluster({ extraEnv: name => fault.environment(offsetOf(name)) })
  try {
    await cluster.start()
    for (const node of cluster.nodes) {
      const why = await whyClockIsNotOffset(node, offsetOf(node.name), Date.now)
      if (why !== null) return why
    }
    return (await overtakeApart(context, cluster)) ?? 'So it was with clocks 90 s apart.'
  } catch (error) {
    if (!(error instanceof CandidateFault)) throw error
    return 'Clock offsets not attempted: with faketime loaded, the nodes did not start.'
  } finally {
    await Promise.all(cluster.nodes.filter(({ state }) => state !== 'down').map(async node => await node.kill()))
    await removeClockLeftovers()
  }
}

async function overtakeApart(context: KvCheckContext, cluster: KvCluster): Promise<CheckFinding | null> {
  const keys: string[] = []
  for (const early of cluster.nodes) {
    for (const late of cluster.others(early)) keys.push(...(await overtakeMany(context, early, late, OVERTAKING_KEYS)))
  }
  const agreement = await agree(context, readersOf(context, cluster), keys, { withinMs: QUIET_MS, hasClockOffset: true })
  const demand = 'Clocks were 90 s apart. One node overwrote what it had read from another, and 5 s later all had to hold that.'
  return failedAgreement(agreement, demand)
}

function readersOf(context: KvCheckContext, cluster: KvCluster): KvUser[] {
  return cluster.nodes.map(node => context.user(node, { connections: 8 }))
}
