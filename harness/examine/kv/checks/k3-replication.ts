import { evidenceOfStore } from '../../../judge/kv-evidence.ts'
import { judgeStaleness, stalenessMs } from '../../../judge/kv-staleness.ts'
import { isRead, isWrite, stepsOf } from '../../../judge/kv-steps.ts'
import { quantile } from '../../pace.ts'
import type { CheckFinding } from '../../check.ts'
import { agree, failedAgreement, GRACE_MS } from '../agreement.ts'
import { BackgroundWrites } from '../background-writes.ts'
import type { KvCluster } from '../cluster.ts'
import { FaultyNetwork } from '../faults-network.ts'
import type { KvCheck, KvCheckContext } from '../kv-check.ts'
import type { KvUser } from '../kv-user.ts'
import { watchLag } from '../lag-watch.ts'
import { writeOddPairs } from '../odd-pairs.ts'
import { deleteSurely, writeSurely } from '../persistence.ts'
import { findUnrest } from '../unrest.ts'

/** By the contract. */
const WITHIN_MS = 2000
const KEYS_A_NODE = 5
/** Written last, small, and there while nothing more is written. */
const LAST_KEYS = 5
/** Overwritten so often, for less time than a node has to show a write: all that is asked for is that they do not vanish. */
const RESTLESS_KEYS = 5
const RESTLESS_MS = 1500
const RESTLESS_EVERY_MS = 5
const RESTLESS_READ_MS = 1000
/** Clocks of nodes agree within 100 ms; a write after that is later on all. */
const BETWEEN_MS = 150
const TEXTS = ['plain', 'two\nlines\n', 'tab\tand "quotes"', 'nul\0inside', 'žluťoučký kůň 🐎', 'x'.repeat(100_000)]

export const replication: KvCheck = {
  id: 'k3.replication',
  stage: '3',
  title: 'A write to one node is read on all others within 2 s.',
  provokes:
    'Nodes are given odd keys, and values of any bytes and of up to 1 MiB. Keys that are there are overwritten on one node and read on the others meanwhile. Then each node in turn is given new values, other nodes overwrite them, and yet others delete them; all nodes are read all the time. Then nothing is written, and what they still send each other is counted.',
  needs: [],
  budgetMs: 120_000,
  async run(context) {
    const network = new FaultyNetwork(context)
    try {
      const cluster = await context.cluster({ route: network.route })
      const finding = await replicate(context, cluster)
      if (finding.outcome !== 'pass') return finding
      context.progress('nothing is written')
      const unrest = await findUnrest(context, cluster, network)
      return unrest === null ? finding : { ...unrest, figures: { ...finding.figures, ...unrest.figures } }
    } finally {
      await network.close()
    }
  },
}

async function replicate(context: KvCheckContext, cluster: KvCluster): Promise<CheckFinding> {
  const writers = cluster.nodes.map(node => context.user(node, { connections: KEYS_A_NODE * 2 }))
  const readers = cluster.nodes.map(node => context.user(node, { connections: 8 }))
  const keys = Array.from({ length: KEYS_A_NODE * writers.length }, () => context.freshKey('replicated'))
  const last = Array.from({ length: LAST_KEYS }, () => context.freshKey('last'))
  const times: number[] = []
  context.progress('odd keys and values are set')
  const odd = await spreadOdd(context, writers, readers)
  if (odd !== null) return odd
  const vanished = await overwriteWhileRead(context, cluster, readers)
  if (vanished !== null) return vanished
  for (const round of ['set', 'overwritten', 'deleted', 'set'].entries()) {
    const ofRound = round[0] < 3 ? keys : last
    context.progress(`${ofRound.length} keys are ${round[1]}`)
    await change(context, writers, ofRound, round)
    const agreement = await agree(context, readers, ofRound, { withinMs: WITHIN_MS })
    const figures = stalenessFigures(context, keys, [...times, agreement.tookMs])
    const demand = `Keys were ${round[1]} on one node each, and 2 s later the others had to show it.`
    const failed = failedAgreement(agreement, demand, figures)
    if (failed !== null) return failed
    times.push(agreement.tookMs)
    await context.patience.pause(BETWEEN_MS)
  }
  const figures = stalenessFigures(context, keys, times)
  const text = `Writes, overwrites and deletes were on all ${cluster.nodes.length} nodes after ${Math.round(figures.stalenessMaxMs)} ms at most (half of them after ${Math.round(figures.stalenessP50Ms)} ms).`
  return { outcome: 'pass', reason: text, figures }
}

/** They are deleted in the end: only small values are there when nothing more is written. */
async function spreadOdd(context: KvCheckContext, writers: readonly KvUser[], readers: readonly KvUser[]): Promise<CheckFinding | null> {
  const keys = await writeOddPairs(context, writers)
  const spread = await agree(context, readers, keys, { withinMs: WITHIN_MS })
  const demand = 'Odd keys and values came back exactly from the node that they were written to, and 2 s later the others had to show them.'
  const failed = failedAgreement(spread, demand)
  if (failed !== null) return failed
  await context.patience.pause(BETWEEN_MS)
  await Promise.all(keys.map(async (key, at) => await deleteAt(context, writers, key, at + 1)))
  return failedAgreement(
    await agree(context, readers, keys, { withinMs: WITHIN_MS }),
    'Odd keys were deleted on one node each, and 2 s later the others had to show it.',
  )
}

/** Whoever reads what is being overwritten gets the old or the new, and never that there is nothing. */
async function overwriteWhileRead(context: KvCheckContext, cluster: KvCluster, readers: readonly KvUser[]): Promise<CheckFinding | null> {
  const { patience, random, nowMs } = context
  const [writing, ...reading] = cluster.nodes
  if (writing === undefined) throw new Error('Expected a cluster to have a node. This is a bug in Assay.')
  context.progress('keys are overwritten while they are read')
  const keys = Array.from({ length: RESTLESS_KEYS }, () => context.freshKey('restless'))
  const first = context.user(writing)
  for (const key of keys) await writeSurely(context, first, key, 'there')
  const spread = await agree(context, readers, keys, { withinMs: WITHIN_MS })
  const failed = failedAgreement(spread, 'Keys were set on one node, and 2 s later the others had to show it.')
  if (failed !== null) return failed
  const lag = watchLag(nowMs)
  const shared = { keys, random, patience, timeoutMs: RESTLESS_READ_MS }
  await patience.pause(WITHIN_MS + GRACE_MS)
  const fromMs = nowMs()
  const writes = new BackgroundWrites({ ...shared, users: keys.map(() => context.user(writing)), everyMs: RESTLESS_EVERY_MS })
  const reads = new BackgroundWrites({
    ...shared,
    users: reading.flatMap(node => keys.map(() => context.user(node))),
    everyMs: 1,
    readEvery: 1,
  })
  try {
    await patience.pause(RESTLESS_MS)
  } finally {
    lag.end()
    await Promise.all([writes.stop(), reads.stop()])
  }
  const settledMs = WITHIN_MS + GRACE_MS + lag.totalMs()
  const rule = { settledAtMs: (_node: string, acknowledgedAtMs: number): number => acknowledgedAtMs + settledMs }
  const history = context.recorder.history()
  for (const key of keys) {
    const steps = stepsOf(history, key)
    const absent = steps.find(step => isRead(step) && step.value === null && step.callAtMs >= fromMs)
    const wrong = absent === undefined ? null : judgeStaleness([...steps.filter(isWrite), absent], rule)
    if (wrong === null) continue
    const reason = `Keys were on all nodes for more than 2 s, and had to be there while they were overwritten. ${wrong.text}`
    return { outcome: 'fail', reason, evidence: evidenceOfStore([wrong], key) }
  }
  return null
}

async function deleteAt(context: KvCheckContext, writers: readonly KvUser[], key: string, at: number): Promise<void> {
  const writer = writers[at % writers.length]
  if (writer !== undefined) await deleteSurely(context, writer, key)
}

async function change(context: KvCheckContext, writers: readonly KvUser[], keys: readonly string[], [round, kind]: [number, string]) {
  await Promise.all(
    keys.map(async (key, at) => {
      const writer = writers[(at + round) % writers.length]
      if (writer === undefined) return
      if (kind === 'deleted') await deleteSurely(context, writer, key)
      else await writeSurely(context, writer, key, `${round}.${at} ${TEXTS[at % TEXTS.length]}`)
    }),
  )
}

/** Of values, when each other node first showed them; until the last node had agreed, deletes with them. */
function stalenessFigures(context: KvCheckContext, keys: readonly string[], agreedMs: readonly number[]) {
  const history = context.recorder.history()
  const all = keys.flatMap(key => stalenessMs(stepsOf(history, key))).sort((a, b) => a - b)
  return { stalenessP50Ms: quantile(all, 0.5), stalenessMaxMs: Math.max(quantile(all, 1), ...agreedMs) }
}
