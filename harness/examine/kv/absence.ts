/** A node goes away, things change without it, and it comes back with what it had saved. */
import { evidenceOfStore } from '../../judge/kv-evidence.ts'
import { judgeStaleness } from '../../judge/kv-staleness.ts'
import { stepsOf } from '../../judge/kv-steps.ts'
import type { CheckFinding } from '../check.ts'
import { agree, failedAgreement, GRACE_MS } from './agreement.ts'
import type { KvCluster } from './cluster.ts'
import type { KvCheckContext } from './kv-check.ts'
import type { KvNode } from './kv-node.ts'
import type { KvUser } from './kv-user.ts'
import { writeOnceWhile } from './once-writes.ts'
import { deleteSurely, writeSurely } from './persistence.ts'

export interface AbsencePlan {
  /** What happens to the keys meanwhile. */
  readonly change: 'deleted' | 'overwritten'
  /** One after the other, each time of another node; 3 or more. */
  readonly absences: readonly Absence[]
  /** What the finding says that had to be. */
  readonly demand: string
  readonly passed: string
}

export interface Absence {
  /** By kill -9; else it is told to end, by SIGTERM. */
  readonly isKilled: boolean
  /** From the last change until the node is started again; by the contract 3 s or more. */
  readonly awayMs: number
  /** Those that stay are killed together once the change is saved, and started again before the node is. */
  readonly areOthersRestarted: boolean
  /** So many keys that are not there are deleted as well, unless that takes longer than it is away: as many deletes have to be remembered. */
  readonly moreDeletes?: number
}

const AWAY_MS = 3200

/** A node is away as shortly as it may be, and nothing else happens. */
export const SHORT_ABSENCE: Absence = { isKilled: true, awayMs: AWAY_MS, areOthersRestarted: false }

const KEYS = 12
/** By the contract: for tombstones and stale restarts, from /health on. */
const SETTLED_MS = 2000
/** What was replicated within 2 s is saved 1.5 s later, and so is what was acknowledged. */
const SAVED_MS = 2000
/** All nodes are read on for so long: what comes back may come late, or for a moment only. */
const WATCHED_MS = 1500
const LOOK_EVERY_MS = 150
const ONCE_DEMAND =
  'Keys were written on the others, once each, while a node came back, and every node had to hold them 2 s after it served again.'

export async function playAbsences(context: KvCheckContext, plan: AbsencePlan): Promise<CheckFinding> {
  const cluster = await context.cluster()
  const users = cluster.nodes.map(node => context.user(node, { connections: KEYS }))
  const readers = cluster.nodes.map(node => context.user(node, { connections: 8 }))
  const allKeys: string[] = []
  for (const [time, absence] of plan.absences.entries()) {
    const node = cluster.nodes[time % cluster.nodes.length]
    if (node === undefined) break
    context.progress(`node ${node.name} goes away and comes back (${time + 1} of ${plan.absences.length})`)
    const keys = Array.from({ length: KEYS }, () => context.freshKey(plan.change))
    allKeys.push(...keys)
    await Promise.all(keys.map(async (key, at) => await writeWith(context, users[at % users.length], key, 'before')))
    const before = await agree(context, readers, keys, { withinMs: SETTLED_MS })
    if (failedAgreement(before, '') !== null) return notReplicated()
    await context.patience.pause(SAVED_MS)
    const onceKeys = await sendAway(context, { cluster, node, users, keys, plan, absence })
    const backAtMs = context.nowMs()
    const lookAt = async (some: readonly string[]) => await agree(context, readers, some, { withinMs: SETTLED_MS })
    const [after, once] = await Promise.all([lookAt(allKeys), lookAt(onceKeys)])
    const settledAtMs = Math.max(backAtMs + SETTLED_MS + GRACE_MS, context.nowMs())
    const failed =
      failedAgreement(after, plan.demand) ??
      failedAgreement(once, ONCE_DEMAND) ??
      (await watch(context, { readers, keys: allKeys, settledAtMs, plan }))
    if (failed !== null) return failed
  }
  return { outcome: 'pass', reason: plan.passed }
}

function notReplicated(): CheckFinding {
  const reason =
    'Keys did not reach all nodes within 2 s, which k3.replication judges; so nothing of them could be old on a node that comes back.'
  return { outcome: 'inconclusive', reason }
}

interface Departure {
  readonly cluster: KvCluster
  readonly node: KvNode
  readonly users: readonly KvUser[]
  readonly keys: readonly string[]
  readonly plan: AbsencePlan
  readonly absence: Absence
}

/** Returns the keys that the others wrote once each while it came back. */
async function sendAway(context: KvCheckContext, { cluster, node, users, keys, plan, absence }: Departure): Promise<string[]> {
  if (absence.isKilled) await node.kill()
  else await node.terminate()
  const stay = users.filter(user => user.node !== node)
  await Promise.all(
    keys.map(async (key, at) => {
      const user = stay[at % stay.length]
      if (plan.change === 'overwritten') await writeWith(context, user, key, 'meanwhile')
      else if (user !== undefined) await deleteSurely(context, user, key)
    }),
  )
  const backAtMs = context.nowMs() + absence.awayMs
  await deleteMore(context, stay, absence.moreDeletes ?? 0, backAtMs)
  if (absence.areOthersRestarted) {
    await context.patience.pause(SAVED_MS)
    await Promise.all(cluster.others(node).map(async other => await other.kill()))
    await cluster.start(cluster.others(node))
  }
  await context.patience.pause(Math.max(0, backAtMs - context.nowMs()))
  const start = async (): Promise<void> => await cluster.start([node])
  if (plan.change === 'overwritten') return await writeOnceWhile(context, cluster.others(node), start)
  await start()
  return []
}

async function deleteMore(context: KvCheckContext, users: readonly KvUser[], count: number, endMs: number): Promise<void> {
  let left = count
  const one = async (user: KvUser): Promise<void> => {
    for (; left > 0 && context.nowMs() < endMs; left--) await deleteSurely(context, user, context.freshKey('never'))
  }
  await Promise.all(users.flatMap(user => Array.from({ length: KEYS }, async () => await one(user))))
}

interface Watch {
  readonly readers: readonly KvUser[]
  readonly keys: readonly string[]
  /** From when on no node may return anything old: its time is over, and all have agreed. */
  readonly settledAtMs: number
  readonly plan: AbsencePlan
}

async function watch(context: KvCheckContext, { readers, keys, settledAtMs, plan }: Watch): Promise<CheckFinding | null> {
  await context.patience.pause(Math.max(0, settledAtMs - context.nowMs()))
  while (context.nowMs() < settledAtMs + WATCHED_MS) {
    await Promise.all(readers.flatMap(reader => keys.map(async key => await reader.read(key))))
    await context.patience.pause(LOOK_EVERY_MS)
  }
  const rule = { settledAtMs: (_node: string, atMs: number): number => Math.max(atMs + SETTLED_MS + GRACE_MS, settledAtMs) }
  const history = context.recorder.history()
  for (const key of keys) {
    const wrong = judgeStaleness(stepsOf(history, key), rule)
    if (wrong !== null) return { outcome: 'fail', reason: `${plan.demand} ${wrong.text}`, evidence: evidenceOfStore([wrong], key) }
  }
  return null
}

async function writeWith(context: KvCheckContext, user: KvUser | undefined, key: string, word: string): Promise<void> {
  if (user !== undefined) await writeSurely(context, user, key, `${word}, on ${user.node.name}`)
}
