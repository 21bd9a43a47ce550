import type { CheckFinding } from '../../check.ts'
import { failure } from '../../late-finding.ts'
import { openFilesLimit } from '../../open-files-limit.ts'
import { agree, failedAgreement } from '../agreement.ts'
import { UNAVAILABLE_MS } from '../insist.ts'
import { ClosedLoop } from '../closed-loop.ts'
import type { KvCluster } from '../cluster.ts'
import type { KvCheck, KvCheckContext } from '../kv-check.ts'

const MIB = 1024 * 1024
const CLIENTS_A_NODE = 400
const QUICK_CLIENTS_A_NODE = 150
/** Descriptors that Assay needs for itself. */
const SPARE_DESCRIPTORS = 200
const KEYS = 200
const VALUE_BYTES = 16 * 1024
const WRITE_EVERY = 2
const TIMEOUT_MS = 3000
const LASTS_MS = 10_000
const QUICK_LASTS_MS = 5000
const LOOK_EVERY_MS = 250
const CAP_BYTES = 2 * 1024 * MIB
/** By the contract; after that each node has to answer a few requests in a row, each tried for the time that a store may be unavailable. */
const RECOVERED_MS = 5000
const PROBES = 10
/** Longest wait for one of them: longer where answers took longer before the load. */
const LEAST_PROBE_MS = 1000
const PROBE_FACTOR = 3
const USUAL_TIMEOUT_MS = 5000
/** Then all nodes have to hold the same: in all twice the 5 s by which a store has to be itself again, and 2 s more to tell each other. */
const SAME_MS = 7000

export const saturation: KvCheck = {
  id: 'k6.saturation',
  stage: '6',
  title: 'With more clients than it can serve it refuses or slows down, memory stays bounded, and it is itself again 5 s after.',
  provokes:
    'Hundreds of clients a node write and read values of 16 KiB without a pause, for 10 s; then all of them hang up, and what the nodes hold is compared.',
  needs: [],
  budgetMs: 150_000,
  async run(context) {
    const cluster = await context.cluster()
    const most = Math.floor((openFilesLimit('self') - SPARE_DESCRIPTORS) / cluster.nodes.length)
    const clientsANode = Math.min(context.quick ? QUICK_CLIENTS_A_NODE : CLIENTS_A_NODE, most)
    const usualMs = await slowestUsualMs(context, cluster)
    context.progress(`${clientsANode} clients a node`)
    const figures: Record<string, number> = { clients: clientsANode * cluster.nodes.length }
    const keys = Array.from({ length: KEYS }, () => context.freshKey('saturated'))
    const grown = await saturate(context, cluster, { clientsANode, keys }, figures)
    if (grown !== null) return grown
    context.progress('all clients have hung up')
    await context.patience.pause(RECOVERED_MS)
    const failed = await probe(context, cluster, { probeMs: Math.max(LEAST_PROBE_MS, PROBE_FACTOR * usualMs), figures })
    if (failed !== null) return failed
    const apart = await compare(context, cluster, keys, figures)
    if (apart !== null) return apart
    const text = `${figures['clients']} clients at once: ${figures['answered']} requests answered, ${figures['refused']} refused, ${figures['failed']} without an answer; memory ${figures['memoryMaxMib']} MiB a node at most.`
    return { outcome: 'pass', reason: `${text} 5 s later every node answered as usual, and all held the same.`, figures }
  },
}

/** The longest that a node took over a write or a read, of those that were answered. */
async function slowestUsualMs(context: KvCheckContext, cluster: KvCluster): Promise<number> {
  let slowestMs = 0
  for (const node of cluster.nodes) {
    const user = context.user(node)
    const key = context.freshKey('usual')
    for (const ask of [() => user.write(key, 'usual', USUAL_TIMEOUT_MS), () => user.read(key, USUAL_TIMEOUT_MS)]) {
      const calledAtMs = context.nowMs()
      const { outcome } = await ask()
      if (outcome === 'ok') slowestMs = Math.max(slowestMs, context.nowMs() - calledAtMs)
    }
  }
  return slowestMs
}

interface Crowd {
  readonly clientsANode: number
  readonly keys: readonly string[]
}

async function saturate(context: KvCheckContext, cluster: KvCluster, { clientsANode, keys }: Crowd, figures: Record<string, number>) {
  const { nowMs, signal, patience } = context
  const shared = { nodes: cluster.nodes, clientsANode, keys, valueBytes: VALUE_BYTES, writeEvery: WRITE_EVERY, timeoutMs: TIMEOUT_MS }
  const untilMs = nowMs() + (context.quick ? QUICK_LASTS_MS : LASTS_MS)
  const loop = new ClosedLoop({ ...shared, untilMs, retiresKeys: true, nowMs, signal })
  let highestBytes = 0
  try {
    while (nowMs() < untilMs && highestBytes <= CAP_BYTES) {
      await patience.pause(LOOK_EVERY_MS)
      highestBytes = Math.max(highestBytes, ...cluster.nodes.map(node => node.sample()?.rssBytes ?? 0))
    }
  } finally {
    await loop.stop()
  }
  for (const field of ['answered', 'refused', 'failed'] as const) {
    figures[field] = [...loop.counts.values()].reduce((sum, count) => sum + count[field], 0)
  }
  figures['memoryMaxMib'] = Math.round(highestBytes / MIB)
  if (highestBytes <= CAP_BYTES) return null
  return failure('growth', 'server', `With ${figures['clients']} clients a node came to hold ${figures['memoryMaxMib']} MiB.`, figures)
}

interface Probing {
  /** Longest wait for one answer. */
  readonly probeMs: number
  readonly figures: Record<string, number>
}

/** Whether each node answers again as it did before. */
async function probe(context: KvCheckContext, cluster: KvCluster, { probeMs, figures }: Probing): Promise<CheckFinding | null> {
  for (const node of cluster.nodes) {
    const user = context.user(node)
    const key = context.freshKey('afterwards')
    const startMs = context.nowMs()
    for (let answered = 0, tries = 0; answered < PROBES; tries++) {
      const calledAtMs = context.nowMs()
      const answer = tries % 2 === 0 ? await user.write(key, `${tries}`, probeMs) : await user.read(key, probeMs)
      figures['afterwardsMaxMs'] = Math.max(figures['afterwardsMaxMs'] ?? 0, context.nowMs() - calledAtMs)
      if (answer.outcome === 'ok') {
        answered += 1
        continue
      }
      if (context.nowMs() - startMs > UNAVAILABLE_MS && tries >= PROBES) {
        const text = `${figures['clients']} clients had hung up; 5 s later node ${node.name} still did not answer requests within ${(probeMs / 1000).toFixed(1)} s each, as tried for ${UNAVAILABLE_MS / 1000} s more: ${answer.reason}.`
        return failure('stuck', `node ${node.name}`, text, figures)
      }
      await context.patience.pause(LOOK_EVERY_MS)
    }
  }
  return null
}

/** Whether the nodes come to hold the same; what that is nobody knows, and who does not answer is not judged. */
async function compare(context: KvCheckContext, cluster: KvCluster, keys: readonly string[], figures: Record<string, number>) {
  const readers = cluster.nodes.map(node => context.user(node, { connections: 8 }))
  const agreement = await agree(context, readers, keys, { withinMs: SAME_MS, onlySame: true })
  const demand = `${figures['clients']} clients had hung up; ${(RECOVERED_MS + SAME_MS) / 1000} s and more later all nodes had to hold the same.`
  return failedAgreement({ ...agreement, silent: [] }, demand, figures)
}
