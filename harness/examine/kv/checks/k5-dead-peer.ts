import type { MemorySample } from '../../../judge/memory-trend.ts'
import type { CheckFinding } from '../../check.ts'
import { failure } from '../../late-finding.ts'
import { agree, failedAgreement } from '../agreement.ts'
import type { KvCluster } from '../cluster.ts'
import { FaultyNetwork } from '../faults-network.ts'
import type { KvCheck, KvCheckContext } from '../kv-check.ts'
import type { KvNode } from '../kv-node.ts'
import { deleteSurely, writeSurely } from '../persistence.ts'
import { judgeOverwriting, LONGEST_MS } from '../settled-memory.ts'

const MIB = 1024 * 1024
const KEYS = 1000
const VALUE_BYTES = 10 * 1024
/** Deleted while it is away, before the rest: what was deleted must not come back with it, however much was written since. */
const DELETED_KEYS = 20
/** What is on a node is saved 1.5 s later. */
const SAVED_MS = 2000
const REPLICATED_MS = 2000
/** Away for so long at least: who waits ever longer between two tries waits too long by then. */
const AWAY_MS = 20_000
/** Written once it serves again: it must not be taken for dead any longer, but may have the rest to catch up with first. */
const LATER_KEYS = 10
const BATCH_BYTES = 5 * MIB
const CAP_BYTES = 2 * 1024 * MIB
const WRITERS = 8
const TIMEOUT_MS = 5000
/** 2 s by the contract, and more with volume: 1,000 values of 10 KiB. */
const CAUGHT_UP_MS = 10_000

interface DeadPeer {
  readonly cluster: KvCluster
  /** Those that stay. */
  readonly nodes: readonly KvNode[]
  readonly keys: readonly string[]
  readonly how: string
}

export const deadPeer: KvCheck = {
  id: 'k5.dead-peer',
  stage: '5',
  title: 'A peer that stays away costs bounded memory, and catches up when it is back.',
  provokes:
    'One node is killed, later cut off silently; each time keys that it holds are deleted on the others, and the same 1,000 keys are overwritten on the others, with 200 MiB in all, and more while memory has not settled.',
  needs: [],
  budgetMs: 900_000,
  async run(context) {
    const network = new FaultyNetwork(context)
    try {
      const cluster = await context.cluster({ route: network.route })
      const away = cluster.node('c')
      const shared = { cluster, nodes: cluster.others(away), keys: Array.from({ length: KEYS }, () => context.freshKey('overwritten')) }
      const gone = await fillDeleted(context, cluster)
      await away.kill()
      await deleteAll(context, shared.nodes, gone)
      const diedAtMs = context.nowMs()
      const dead = await overwrite(context, { ...shared, how: 'dead' })
      if (dead.outcome !== 'pass') return dead
      if (!context.quick) await context.patience.pause(Math.max(0, diedAtMs + AWAY_MS - context.nowMs()))
      await cluster.start([away])
      const untold = await findUntold(context, shared)
      if (untold !== null) return untold
      const back = await catchUp(context, { ...shared, keys: [...shared.keys, ...gone], how: 'dead' })
      if (back !== null || context.quick) return back ?? dead
      const alsoGone = await fillDeleted(context, cluster)
      network.isolate(away, { manner: 'silent', lost: 'all' })
      await deleteAll(context, shared.nodes, alsoGone)
      const cut = await overwrite(context, { ...shared, how: 'cut off' })
      network.heal()
      if (cut.outcome !== 'pass') return cut
      const whole = await catchUp(context, { ...shared, keys: [...shared.keys, ...gone, ...alsoGone], how: 'cut off' })
      return whole ?? { ...cut, reason: `${dead.reason} ${cut.reason}`, figures: { ...dead.figures, ...cut.figures } }
    } finally {
      await network.close()
    }
  },
}

/** Keys that all nodes have saved, where they are replicated in time: what is not is not judged here. */
async function fillDeleted(context: KvCheckContext, { nodes }: KvCluster): Promise<string[]> {
  const keys = Array.from({ length: DELETED_KEYS }, () => context.freshKey('deleted'))
  const users = nodes.map(node => context.user(node))
  for (const [at, key] of keys.entries()) {
    const user = users[at % users.length]
    if (user !== undefined) await writeSurely(context, user, key, 'to be deleted')
  }
  await agree(context, users, keys, { withinMs: REPLICATED_MS })
  await context.patience.pause(SAVED_MS)
  return keys
}

async function deleteAll(context: KvCheckContext, nodes: readonly KvNode[], keys: readonly string[]): Promise<void> {
  const users = nodes.map(node => context.user(node))
  for (const [at, key] of keys.entries()) {
    const user = users[at % users.length]
    if (user !== undefined) await deleteSurely(context, user, key)
  }
}

async function overwrite(context: KvCheckContext, peer: DeadPeer): Promise<CheckFinding> {
  const writers = startWriters(context, peer)
  const samples: MemorySample[] = []
  const memory = (): number => peer.nodes.reduce((sum, node) => sum + (node.sample()?.rssBytes ?? 0), 0)
  const startMs = context.nowMs()
  for (let sentBytes = 0; ;) {
    sentBytes += await writers.send(BATCH_BYTES, startMs + LONGEST_MS)
    const rssBytes = memory()
    samples.push({ sentBytes, rssBytes })
    context.progress(`one node is ${peer.how}: ${mib(sentBytes)} MiB written to the others, which hold ${mib(rssBytes)} MiB`)
    const highest = Math.max(...peer.nodes.map(node => node.sample()?.rssBytes ?? 0))
    const figures = { [peer.how === 'dead' ? 'memoryDeadMib' : 'memoryCutMib']: mib(rssBytes) }
    const text = `While one node was ${peer.how} and ${mib(sentBytes)} MiB were written over the same ${KEYS} keys of the others`
    if (highest > CAP_BYTES) return failure('growth', 'server', `${text}, one of them came to hold ${mib(highest)} MiB.`, figures)
    const { verdict, keptShare } = judgeOverwriting(samples, context.nowMs() - startMs, limit => context.random.below(limit))
    const kept = keptShare?.toFixed(2) ?? '?'
    switch (verdict) {
      case 'go on':
        continue
      case 'settled':
        return { outcome: 'pass', reason: `${text}, their memory settled at ${mib(rssBytes)} MiB.`, figures }
      case 'grows': {
        const grown = `${text}, ${kept} bytes of each stayed in their memory, which came to ${mib(rssBytes)} MiB.`
        return failure('growth', 'server', grown, figures)
      }
      case 'unclear': {
        const reason =
          keptShare === null
            ? `${text}, ${LONGEST_MS / 1000} s went by: too few writes to tell whether their memory stays bounded.`
            : `${text}, their memory neither settled nor plainly grew without end (${kept} of each byte stayed).`
        return { outcome: 'inconclusive', reason, figures }
      }
    }
  }
}

/** Writers that go over all keys again and again, in turn, until a time. A write that fails counts as sent: it may be held somewhere. */
function startWriters(context: KvCheckContext, { nodes, keys, how }: DeadPeer) {
  const users = nodes.map(node => context.user(node, { connections: WRITERS }))
  let count = 0
  const send = async (bytes: number, untilMs: number): Promise<number> => {
    let left = Math.ceil(bytes / VALUE_BYTES)
    let sent = 0
    const one = async (place: number): Promise<void> => {
      while (left > 0 && context.nowMs() < untilMs) {
        left -= 1
        sent += VALUE_BYTES
        const value = Buffer.alloc(VALUE_BYTES, `${how} ${count} `)
        const key = keys[count++ % keys.length] ?? ''
        await users[place % users.length]?.write(key, value, TIMEOUT_MS)
        context.signal.throwIfAborted()
      }
    }
    await Promise.all(Array.from({ length: WRITERS }, async (_, place) => await one(place)))
    return sent
  }
  return { send }
}

async function catchUp(context: KvCheckContext, { cluster, keys, how }: DeadPeer): Promise<CheckFinding | null> {
  const readers = cluster.nodes.map(node => context.user(node, { connections: 8 }))
  const agreement = await agree(context, readers, keys, { withinMs: CAUGHT_UP_MS })
  return failedAgreement(agreement, `A node that had been ${how} was back, and had to catch up within ${CAUGHT_UP_MS / 1000} s.`)
}

/** Whether what the others are given now reaches it too. */
async function findUntold(context: KvCheckContext, { cluster, nodes }: Pick<DeadPeer, 'cluster' | 'nodes'>): Promise<CheckFinding | null> {
  const keys = Array.from({ length: LATER_KEYS }, () => context.freshKey('later'))
  const users = nodes.map(node => context.user(node, { connections: LATER_KEYS }))
  await Promise.all(
    keys.map(async (key, at) => {
      const user = users[at % users.length]
      if (user !== undefined) await writeSurely(context, user, key, `later, on ${user.node.name}`)
    }),
  )
  const readers = cluster.nodes.map(node => context.user(node, { connections: 8 }))
  const agreement = await agree(context, readers, keys, { withinMs: CAUGHT_UP_MS })
  const demand = `A node that had been dead served again; what was then written to the others had to be there within ${CAUGHT_UP_MS / 1000} s.`
  return failedAgreement(agreement, demand)
}

function mib(bytes: number): number {
  return Math.round(bytes / MIB)
}
