/** Random faults for 15 s while clients write: nothing acknowledged may be lost, no deleted key come back, and all nodes agree at the end. */
import type { CheckResult } from '../../record/check-record.ts'
import type { CheckFinding } from '../check.ts'
import type { ExerciseGround } from '../exercise.ts'
import { runCheck } from '../run-check.ts'
import { agree, failedAgreement } from './agreement.ts'
import { BackgroundWrites } from './background-writes.ts'
import type { KvCluster } from './cluster.ts'
import { FaultyNetwork } from './faults-network.ts'
import { KvAttempt } from './kv-attempt.ts'
import type { KvCheck, KvCheckContext } from './kv-check.ts'
import { describeFault, drawSchedule, isOfProcess, type Fault, type ScheduledFault } from './schedule.ts'

const NODES = 3
const DURATION_MS = 15_000
const CLIENTS_A_NODE = 2
/** Many operations on few keys, for order; and on many keys, for loss. */
const HOT_KEYS = 10
const WIDE_KEYS = 300
const EVERY_MS = 10
const TIMEOUT_MS = 1000
const CONVERGED_MS = 5000
/** Then all nodes are looked at again: what comes back may come late. */
const WATCHED_MS = 1500

/** Plays the schedule of the ground's seed against its candidate. */
export async function playSchedule(ground: ExerciseGround, progress: (text: string) => void): Promise<CheckResult> {
  const attempt = new KvAttempt(SCHEDULE, { ground, repetition: 1, progress })
  return await runCheck(SCHEDULE, attempt, { repetition: 1, signal: ground.signal })
}

const SCHEDULE: KvCheck = {
  id: 'kv.schedule',
  stage: '5',
  title: 'Under random faults no acknowledged write is lost, no deleted key comes back, and all nodes agree at the end.',
  provokes:
    'For 15 s nodes are killed, restarted, paused, cut off and slowed down at random, while two clients a node read, write and delete.',
  needs: [],
  budgetMs: 180_000,
  async run(context) {
    const network = new FaultyNetwork(context)
    try {
      const cluster = await context.cluster({ size: NODES, route: network.route })
      const faults = drawSchedule(context.random, { nodes: NODES, durationMs: DURATION_MS })
      return await play(context, cluster, network, faults)
    } finally {
      await network.close()
    }
  },
}

async function play(
  context: KvCheckContext,
  cluster: KvCluster,
  network: FaultyNetwork,
  faults: readonly ScheduledFault[],
): Promise<CheckFinding> {
  const { patience, random } = context
  const hot = Array.from({ length: HOT_KEYS }, () => context.freshKey('hot'))
  const wide = Array.from({ length: WIDE_KEYS }, () => context.freshKey('wide'))
  const shared = { everyMs: EVERY_MS, timeoutMs: TIMEOUT_MS, random, patience }
  const users = (): ReturnType<KvCheckContext['user']>[] =>
    cluster.nodes.flatMap(node => Array.from({ length: CLIENTS_A_NODE }, () => context.user(node)))
  const onHot = new BackgroundWrites({ ...shared, users: users(), keys: hot, readEvery: 2.5, deleteEvery: 6 })
  const onWide = new BackgroundWrites({ ...shared, users: users(), keys: wide, readEvery: 5, deleteEvery: 20 })
  try {
    await playFaults(context, cluster, network, faults)
  } finally {
    await Promise.all([onHot.stop(), onWide.stop()])
  }
  const keys = [...hot, ...wide]
  const readers = cluster.nodes.map(node => context.user(node, { connections: 8 }))
  const first = await agree(context, readers, keys, { withinMs: CONVERGED_MS })
  await patience.pause(WATCHED_MS)
  const again = await agree(context, readers, keys, { withinMs: 0 })
  const drawn = faults.map(describeFault).join('; ')
  const failed = failedAgreement(first, `After the faults (${drawn}):`) ?? failedAgreement(again, `Some time after the faults (${drawn}):`)
  const acknowledged = context.recorder.operations.filter(({ kind, outcome }) => kind !== 'read' && outcome === 'ok').length
  const figures = {
    faults: faults.length,
    acknowledgedWrites: acknowledged,
    operations: context.recorder.operations.length,
    agreedMs: first.tookMs,
  }
  if (failed !== null) return { ...failed, figures }
  return { outcome: 'pass', reason: `${faults.length} faults, ${acknowledged} acknowledged writes: ${drawn}.`, figures }
}

/**
 * Each begins and ends at its time, or as soon as the one before it on the same node, or on the network, has ended: a busy machine starts nodes
 * late. At the end all nodes serve and the network is whole.
 */
async function playFaults(
  context: KvCheckContext,
  cluster: KvCluster,
  network: FaultyNetwork,
  faults: readonly ScheduledFault[],
): Promise<void> {
  const startMs = context.nowMs()
  const until = async (atMs: number): Promise<void> => await context.patience.pause(Math.max(0, startMs + atMs - context.nowMs()))
  const playOne = async (scheduled: ScheduledFault): Promise<void> => {
    await until(scheduled.startMs)
    context.progress(describeFault(scheduled))
    const undo = await begin(scheduled.fault, cluster, network)
    await until(scheduled.endMs)
    await undo()
  }
  const chains = new Map<string, Promise<void>>()
  for (const scheduled of faults) {
    const chain = isOfProcess(scheduled.fault) ? `node ${scheduled.fault.node}` : 'network'
    const before = chains.get(chain) ?? Promise.resolve()
    chains.set(
      chain,
      before.then(async () => await playOne(scheduled)),
    )
  }
  try {
    await Promise.all(chains.values())
    await until(DURATION_MS)
  } finally {
    network.heal()
    for (const node of cluster.nodes) if (node.state === 'paused') node.resume()
  }
  await cluster.start()
}

/** Returns what ends it. */
async function begin(fault: Fault, cluster: KvCluster, network: FaultyNetwork): Promise<() => Promise<void> | void> {
  const [node, other] = [cluster.nodes[fault.node], cluster.nodes[fault.kind === 'delay' ? fault.other : fault.node]]
  if (node === undefined || other === undefined)
    throw new Error(`Expected a node of the cluster, got ${fault.node}. This is a bug in Assay.`)
  switch (fault.kind) {
    case 'kill':
      await node.kill()
      return async () => await cluster.start([node])
    case 'restart':
      await node.terminate()
      return async () => await cluster.start([node])
    case 'pause':
      node.pause()
      return () => node.resume()
    case 'isolate':
      network.isolate(node, fault.isolation)
      return () => network.heal()
    case 'hold':
      network.hold(node)
      return () => network.heal()
    case 'delay':
      network.delay(node, other, fault.delayMs)
      return () => network.heal()
  }
}
