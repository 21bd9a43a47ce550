import type { CheckFinding } from '../../check.ts'
import { failure } from '../../late-finding.ts'
import { agree, failedAgreement } from '../agreement.ts'
import type { KvCluster } from '../cluster.ts'
import { FaultyNetwork, type Isolation } from '../faults-network.ts'
import { UNAVAILABLE_MS } from '../insist.ts'
import type { KvCheck, KvCheckContext } from '../kv-check.ts'
import type { KvNode } from '../kv-node.ts'
import type { KvUser } from '../kv-user.ts'

interface Variant extends Isolation {
  readonly text: string
  readonly lastsMs: number
  /** It is killed and started again before the cut heals: what it was to tell the others has to outlive that. */
  readonly isRestarted?: boolean
}

/** The first lasts long enough to see whether each side answers at all from 5 s on. */
const VARIANTS: readonly Variant[] = [
  { manner: 'silent', lost: 'all', text: 'cut off silently', lastsMs: 7500 },
  { manner: 'reset', lost: 'all', text: 'cut off with resets', lastsMs: 3000 },
  { manner: 'silent', lost: 'out', text: 'cut off one way: what it sends is lost', lastsMs: 3000 },
  { manner: 'silent', lost: 'in', text: 'cut off one way: what is sent to it is lost', lastsMs: 3000 },
  { manner: 'silent', lost: 'all', text: 'cut off silently, killed and started again', lastsMs: 3000, isRestarted: true },
]
const KEYS = 12
/** Not there before the cut. */
const UNSEEN_KEYS = 6
const CONVERGED_MS = 5000
const REPLICATED_MS = 2000
/** More than the 100 ms by which a later write surely is later. */
const APART_MS = 200
const TRY_MS = 2500
/** What is on a node is saved 1.5 s later. */
const SAVED_MS = 2000
/** So long the cut goes on after a start, unless the node serves before: a store that needs its peers waits for them. */
const STARTING_MS = 8000
/** A node that waits for its peers before it refuses may take so long over it. */
const REFUSAL_MS = 6000

export const partition: KvCheck = {
  id: 'k5.partition',
  stage: '5',
  title:
    'Cut off from each other, nodes go on serving or say 503; when the cut heals they converge within 5 s, on what nothing had superseded.',
  provokes:
    'A relay cuts one node off from the others: silently, with resets, and one way only, either way; the last time it is killed and started again before that is over. Both sides write the same keys, one after the other and at once, and keys of their own, and delete some, also such as they have never seen. While nothing gets through, neither side may return what the other writes.',
  needs: [],
  budgetMs: 240_000,
  async run(context) {
    const network = new FaultyNetwork(context)
    try {
      const cluster = await context.cluster({ route: network.route })
      const times: number[] = []
      for (const [at, variant] of VARIANTS.entries()) {
        const node = cluster.nodes[at % cluster.nodes.length]
        if (node === undefined) break
        context.progress(`node ${node.name} is ${variant.text}`)
        const healed = await playCut(context, { cluster, network, node, variant })
        if (typeof healed !== 'number') return healed
        times.push(healed)
      }
      const convergedMaxMs = Math.max(...times)
      const text = `After silent cuts, resets and cuts of one way all nodes held the same, right values again within ${Math.round(convergedMaxMs)} ms.`
      return { outcome: 'pass', reason: text, figures: { convergedMaxMs } }
    } finally {
      await network.close()
    }
  },
}

interface CutPlay {
  readonly cluster: KvCluster
  readonly network: FaultyNetwork
  readonly node: KvNode
  readonly variant: Variant
}

/** How long the nodes took to agree when it had healed; or how it failed. */
async function playCut(context: KvCheckContext, { cluster, network, node, variant }: CutPlay): Promise<CheckFinding | number> {
  const keys = Array.from({ length: KEYS }, () => context.freshKey('parted'))
  const alone = context.user(node, { connections: KEYS })
  const others = cluster.others(node).map(other => context.user(other, { connections: KEYS }))
  await writeAll(others, keys, 'before', 0)
  const unseen = Array.from({ length: UNSEEN_KEYS }, () => context.freshKey('unseen'))
  const readers = cluster.nodes.map(one => context.user(one, { connections: 8 }))
  const before = await agree(context, readers, keys, { withinMs: REPLICATED_MS })
  if (failedAgreement(before, '') !== null) return notReplicated()
  const users = [alone, ...others]
  const startMs = context.nowMs()
  network.isolate(node, variant)
  let failed: CheckFinding | null
  try {
    const apart = users.map(user => ({ user, key: context.freshKey('apart') }))
    await Promise.all(apart.map(async ({ user, key }) => await user.write(key, `on ${user.node.name}`, TRY_MS)))
    await writeApart(context, { alone, others, keys, unseen })
    failed = variant.lastsMs > UNAVAILABLE_MS ? await serveApart(context, users, { node, startMs }) : null
    await context.patience.pause(Math.max(0, startMs + variant.lastsMs - context.nowMs()))
    failed ??= variant.lost === 'all' ? await findTold(apart, node) : null
    if (failed === null && variant.isRestarted === true) {
      // What it had acknowledged just before it is killed would count for nothing.
      await context.patience.pause(SAVED_MS)
      await node.kill()
      await cluster.launch(node)
      await node.ready(STARTING_MS)
    }
  } finally {
    network.heal()
  }
  if (failed !== null) return failed
  if (variant.isRestarted === true && !(await node.ready())) {
    const text = `Node ${node.name} was ${variant.text}; when the cut had healed it did not serve within ${context.readyMs / 1000} s.`
    return failure('stuck', `node ${node.name}`, text)
  }
  const after = await agree(context, readers, [...keys, ...unseen], { withinMs: CONVERGED_MS })
  const demand = `Node ${node.name} was ${variant.text}; 5 s after that had healed, all nodes had to hold the same, right values.`
  return failedAgreement(after, demand) ?? after.tookMs
}

function notReplicated(): CheckFinding {
  return {
    outcome: 'inconclusive',
    reason: 'Keys did not reach all nodes within 2 s, which k3.replication judges; so none could be parted.',
  }
}

interface Sides {
  readonly alone: KvUser
  readonly others: readonly KvUser[]
  readonly keys: readonly string[]
  readonly unseen: readonly string[]
}

/** Of each four keys: the lone node writes last, the others do, both write at once, and one side deletes. Of unseen ones one side writes each, and the other deletes it later. What is refused counts as pending. */
async function writeApart(context: KvCheckContext, { alone, others, keys, unseen }: Sides): Promise<void> {
  const keysOf = (turn: number): string[] => keys.filter((_, at) => at % 4 === turn)
  const ofOthers = unseen.slice(0, unseen.length / 2)
  const ofAlone = unseen.slice(unseen.length / 2)
  await Promise.all([
    writeAll(others, [...keysOf(0), ...ofOthers], 'others first', 1),
    writeAll([alone], [...keysOf(1), ...ofAlone], 'alone first', 2),
  ])
  await context.patience.pause(APART_MS)
  await Promise.all([
    writeAll([alone], keysOf(0), 'alone last', 3),
    writeAll(others, keysOf(1), 'others last', 4),
    writeAll([alone], keysOf(2), 'alone at once', 5),
    writeAll(others, keysOf(2), 'others at once', 6),
    ...keysOf(3).map(async (key, at) => await (at % 2 === 0 ? alone : others[0])?.delete(key, TRY_MS)),
    ...ofOthers.map(async key => await alone.delete(key, TRY_MS)),
    ...ofAlone.map(async key => await others[0]?.delete(key, TRY_MS)),
  ])
}

async function writeAll(users: readonly KvUser[], keys: readonly string[], word: string, turn: number): Promise<void> {
  await Promise.all(keys.map(async (key, at) => await users[at % users.length]?.write(key, `${word} ${turn}.${at}`, TRY_MS)))
}

interface WrittenApart {
  readonly user: KvUser
  readonly key: string
}

/** What was written after the cut on one side, and is returned on the other before it has healed: it went past the addresses in PEERS. */
async function findTold(written: readonly WrittenApart[], lone: KvNode): Promise<CheckFinding | null> {
  const across = written.flatMap(one =>
    written.filter(({ user }) => (user.node === lone) !== (one.user.node === lone)).map(({ user }) => ({ ...one, reader: user })),
  )
  const answers = await Promise.all(across.map(async one => ({ ...one, answer: await one.reader.read(one.key, TRY_MS) })))
  const told = answers.find(({ answer }) => answer.outcome === 'ok')
  if (told === undefined) return null
  const [from, to] = [told.user.node.name, told.reader.node.name]
  const text = `Node ${lone.name} was cut off from the others, both ways; what was written to node ${from} after that was read on node ${to} before it had healed. Nodes may talk to each other only at the addresses in PEERS.`
  return failure('misdelivered', `node ${to}`, text)
}

/**
 * From 5 s after the cut on, each node must answer, if only with a refusal, and, of those that are a majority, one must acknowledge. `null` where
 * they do.
 */
async function serveApart(
  context: KvCheckContext,
  users: readonly KvUser[],
  { node, startMs }: { readonly node: KvNode; readonly startMs: number },
): Promise<CheckFinding | null> {
  await context.patience.pause(Math.max(0, startMs + UNAVAILABLE_MS - context.nowMs()))
  const answers = await Promise.all(
    users.map(async user => ({ name: user.node.name, answer: await user.write(context.freshKey('apart'), 'still here', REFUSAL_MS) })),
  )
  const silent = answers.find(({ answer }) => answer.status === 0)
  if (silent !== undefined) {
    const text = `Node ${node.name} was cut off from the others; 5 s later node ${silent.name} did not even refuse a write: ${silent.answer.reason}.`
    return failure('stuck', `node ${silent.name}`, text)
  }
  const majority = answers.filter(({ name }) => name !== node.name)
  if (majority.some(({ answer }) => answer.outcome === 'ok')) return null
  const reasons = majority.map(({ name, answer }) => `${name}: ${answer.reason}`).join('; ')
  const text = `Node ${node.name} was cut off from the others; 5 s later they, a majority, still refused writes: ${reasons}.`
  return failure('stuck', 'the majority', text)
}
