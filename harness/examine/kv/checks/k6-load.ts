import { failure } from '../../late-finding.ts'
import { ClosedLoop, p99Ms } from '../closed-loop.ts'
import type { KvCluster } from '../cluster.ts'
import type { KvCheck, KvCheckContext } from '../kv-check.ts'

/** Clients a node, a step each. */
const STEPS = [1, 4, 16]
const STEP_MS = 3000
const KEYS = 1000
const VALUE_BYTES = 1024
const WRITE_EVERY = 5
const TIMEOUT_MS = 5000
const KILL_CLIENTS = 4
const KILL_AFTER_MS = 3000

export const load: KvCheck = {
  id: 'k6.load',
  stage: '6',
  title: 'Throughput and p99 of each node, also with one node killed in the middle: figures, with no floor.',
  provokes: 'Closed loops of 1, 4 and 16 clients a node, four reads to a write of 1 KiB; then 4 clients a node, and one node is killed.',
  needs: [],
  budgetMs: 120_000,
  async run(context) {
    const cluster = await context.cluster()
    const keys = Array.from({ length: KEYS }, () => context.freshKey('load'))
    const figures: Record<string, number> = {}
    for (const clients of STEPS) {
      context.progress(`${clients} clients a node`)
      await measure(context, cluster, keys, clients, figures)
    }
    context.progress('a node is killed')
    await measureKill(context, cluster, keys, figures)
    const most = STEPS.at(-1) ?? 1
    const total = cluster.nodes.reduce((sum, { name }) => sum + (figures[`${name}At${most}ClientsPerSecond`] ?? 0), 0)
    if (total === 0) return failure('stuck', 'server', `Not one of the requests of ${most} clients a node was answered.`, figures)
    const p99 = Math.max(...cluster.nodes.map(({ name }) => figures[`${name}At${most}ClientsP99Ms`] ?? 0))
    const text = `With ${most} clients a node: ${Math.round(total)} requests/s in all, p99 ${p99.toFixed(1)} ms on the slowest node.`
    const killed = `With one node killed, the others served ${Math.round(figures['afterKillPerSecond'] ?? 0)} of ${Math.round(figures['beforeKillPerSecond'] ?? 0)} requests/s, with ${Math.round(figures['longestGapMs'] ?? 0)} ms between two answers at most.`
    return { outcome: 'pass', reason: `${text} ${killed}`, figures }
  },
}

async function measure(
  context: KvCheckContext,
  cluster: KvCluster,
  keys: readonly string[],
  clients: number,
  figures: Record<string, number>,
) {
  const loop = startLoop(context, cluster, keys, clients)
  let seconds = 1
  try {
    await context.patience.pause(STEP_MS)
  } finally {
    seconds = await loop.stop()
  }
  for (const [name, count] of loop.counts) {
    figures[`${name}At${clients}ClientsPerSecond`] = Math.round(count.answered / seconds)
    figures[`${name}At${clients}ClientsP99Ms`] = p99Ms(count)
  }
}

/** Of the nodes that stay, before and after. */
async function measureKill(context: KvCheckContext, cluster: KvCluster, keys: readonly string[], figures: Record<string, number>) {
  const [killed, ...staying] = cluster.nodes.toReversed()
  const loop = startLoop(context, cluster, keys, KILL_CLIENTS)
  const answered = (): number => staying.reduce((sum, { name }) => sum + (loop.counts.get(name)?.answered ?? 0), 0)
  try {
    await context.patience.pause(KILL_AFTER_MS)
    const before = answered()
    await killed?.kill()
    const killedAtMs = context.nowMs()
    await context.patience.pause(KILL_AFTER_MS)
    figures['beforeKillPerSecond'] = Math.round(before / (KILL_AFTER_MS / 1000))
    figures['afterKillPerSecond'] = Math.round((answered() - before) / ((context.nowMs() - killedAtMs) / 1000))
    figures['longestGapMs'] = Math.max(...staying.map(({ name }) => loop.counts.get(name)?.longestGapMs ?? 0))
  } finally {
    await loop.stop()
  }
}

function startLoop({ nowMs, signal }: KvCheckContext, { nodes }: KvCluster, keys: readonly string[], clientsANode: number): ClosedLoop {
  return new ClosedLoop({
    nodes,
    clientsANode,
    keys,
    valueBytes: VALUE_BYTES,
    writeEvery: WRITE_EVERY,
    timeoutMs: TIMEOUT_MS,
    nowMs,
    signal,
  })
}
