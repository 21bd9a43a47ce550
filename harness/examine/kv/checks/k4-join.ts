import type { CheckFinding } from '../../check.ts'
import { agree, failedAgreement } from '../agreement.ts'
import { BackgroundWrites } from '../background-writes.ts'
import type { KvCluster, PeerRoute } from '../cluster.ts'
import { FaultyNetwork } from '../faults-network.ts'
import type { KvCheck, KvCheckContext } from '../kv-check.ts'
import type { KvNode } from '../kv-node.ts'
import type { KvUser } from '../kv-user.ts'
import { writeOddPairs } from '../odd-pairs.ts'
import { writeOnceWhile } from '../once-writes.ts'
import { deleteSurely, writeSurely } from '../persistence.ts'

/** The last of four. */
const KNOWN = 'd'
/** More than the thousand that fit into one page of a list. */
const KEYS = 1200
const QUICK_KEYS = 100
const BUSY_KEYS = 20
const JOINER_KEYS = 10
/**
 * By the contract, from /health on: what the joiner must have, and what others must have of it. One that its peers do not know has as long for
 * each write to them.
 */
const JOINED_MS = 5000
const REPLICATED_MS = 2000
const GOING_ON_MS = 1500
/** How long a joiner that its peers know gets no answer from them: by then they have dialled it. */
const HELD_MS = 1500
/** For what was written before anybody joins: not judged here. */
const FILLED_MS = 5000
const AT_ONCE = 60

export const join: KvCheck = {
  id: 'k4.join',
  stage: '4',
  title: 'A new, empty node gets everything from its peers while writes go on, and then serves it.',
  provokes:
    'Three nodes are given more than 1,000 keys, odd ones and values of up to 1 MiB with them. While they are written to, an empty one starts, three times: first one that the others know and dial before it gets through to them, then two that are in nobody’s PEERS. It is written to as soon as it serves.',
  needs: [],
  budgetMs: 240_000,
  async run(context) {
    const network = new FaultyNetwork(context)
    try {
      // A joiner that nobody knows may be known by where it calls from, so it calls directly.
      const route: PeerRoute = async (from, to, address) => await (from.name === KNOWN ? network.route(from, to, address) : address)
      return await playJoins(context, await context.stoppedCluster({ size: 4, route }), network)
    } finally {
      await network.close()
    }
  },
}

async function playJoins(context: KvCheckContext, cluster: KvCluster, network: FaultyNetwork): Promise<CheckFinding> {
  const known = cluster.node(KNOWN)
  const members = cluster.others(known)
  await cluster.start(members)
  const keys = await fill(context, members)
  const before = await agree(context, readersOf(context, members), keys, { withinMs: FILLED_MS })
  if (failedAgreement(before, '') !== null) return notReplicated()
  for (const turn of [1, 2, 3]) {
    context.progress(`an empty node joins (${turn} of 3)`)
    const isKnown = turn === 1
    const joiner = isKnown ? known : await cluster.add(members)
    const start = async (): Promise<void> => await (isKnown ? startHeld(context, cluster, joiner, network) : cluster.start([joiner]))
    const failed = await playJoin(context, { start, isKnown, members, joiner, keys })
    if (failed !== null) return failed
    await joiner.terminate()
  }
  const reason = `Three empty nodes had all ${keys.length} keys and what was written meanwhile within 5 s of serving, and gave on what was written to them.`
  return { outcome: 'pass', reason }
}

/** Its peers find it empty before it can ask them for anything: a peer that takes emptiness for news loses its data now, and not by luck. */
async function startHeld(context: KvCheckContext, cluster: KvCluster, joiner: KvNode, network: FaultyNetwork): Promise<void> {
  const held = async (): Promise<void> => {
    await context.patience.pause(HELD_MS)
    network.heal()
  }
  network.holdDialled(joiner)
  await Promise.all([cluster.start([joiner]), held()])
}

function notReplicated(): CheckFinding {
  return {
    outcome: 'inconclusive',
    reason: 'Keys did not reach all nodes within 5 s, which k3.replication judges; so none could be joined.',
  }
}

/** Also some that were overwritten, some that were deleted, and some that are odd. */
async function fill(context: KvCheckContext, members: readonly KvNode[]): Promise<string[]> {
  const keys = Array.from({ length: context.quick ? QUICK_KEYS : KEYS }, () => context.freshKey('joined'))
  const users = members.map(node => context.user(node, { connections: AT_ONCE }))
  for (let from = 0; from < keys.length; from += AT_ONCE) {
    await Promise.all(
      keys.slice(from, from + AT_ONCE).map(async (key, place) => {
        const at = from + place
        const user = users[at % users.length]
        if (user === undefined) return
        await writeSurely(context, user, key, `old ${at}`)
        if (at % 7 === 0) await writeSurely(context, user, key, `new ${at}`)
        if (at % 10 === 0) await deleteSurely(context, user, key)
      }),
    )
  }
  return [...keys, ...(await writeOddPairs(context, users))]
}

interface Joining {
  /** Done once the joiner serves. */
  readonly start: () => Promise<void>
  /** Its peers find it in their PEERS, and so send it what they are given. */
  readonly isKnown: boolean
  readonly members: readonly KvNode[]
  readonly joiner: KvNode
  readonly keys: readonly string[]
}

async function playJoin(context: KvCheckContext, { start, isKnown, members, joiner, keys }: Joining): Promise<CheckFinding | null> {
  const { random, patience, nowMs } = context
  const busyKeys = Array.from({ length: BUSY_KEYS }, () => context.freshKey('busy'))
  const users = members.map(node => context.user(node))
  const writes = new BackgroundWrites({ users, keys: busyKeys, everyMs: 10, timeoutMs: 3000, deleteEvery: 10, random, patience })
  const own: string[] = []
  let onceKeys: readonly string[]
  let servesAtMs: number
  try {
    onceKeys = await writeOnceWhile(context, members, start)
    servesAtMs = nowMs()
    own.push(...(await writeTo(context, context.user(joiner, { connections: JOINER_KEYS }))))
    const spread = await agree(context, readersOf(context, members), own, { withinMs: REPLICATED_MS })
    const demand = `What was written to the empty node ${joiner.name} had to be on its peers within 2 s.`
    const failed = failedAgreement(spread, demand)
    if (failed !== null) return failed
    await patience.pause(GOING_ON_MS)
  } finally {
    await writes.stop()
  }
  const readers = readersOf(context, [...members, joiner])
  const within = (fromMs: number): number => Math.max(REPLICATED_MS, fromMs + JOINED_MS - nowMs())
  const busyFromMs = isKnown ? servesAtMs : nowMs()
  const [before, meanwhile] = await Promise.all([
    agree(context, readers, [...keys, ...own], { withinMs: within(servesAtMs) }),
    agree(context, readers, [...busyKeys, ...onceKeys], { withinMs: within(busyFromMs) }),
  ])
  const everything = `The empty node ${joiner.name} had to have everything 5 s after it served.`
  const written = `The empty node ${joiner.name}, which its peers do not know, had to have what was written to them 5 s later.`
  return failedAgreement(before, everything) ?? failedAgreement(meanwhile, isKnown ? everything : written)
}

async function writeTo(context: KvCheckContext, user: KvUser): Promise<string[]> {
  const keys = Array.from({ length: JOINER_KEYS }, () => context.freshKey('from-joiner'))
  await Promise.all(keys.map(async key => await writeSurely(context, user, key, `on ${user.node.name}`)))
  return keys
}

function readersOf(context: KvCheckContext, nodes: readonly KvNode[]): KvUser[] {
  return nodes.map(node => context.user(node, { connections: 8 }))
}
