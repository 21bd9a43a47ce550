/** A node whose disk is full may refuse writes or end; it may not acknowledge what it cannot save, nor lose what it had saved. */
import { CandidateFault } from '../../candidate/fault.ts'
import type { CheckFinding } from '../check.ts'
import { failure } from '../late-finding.ts'
import type { KvCluster } from './cluster.ts'
import { mountSmallDisk, type SmallDisk } from './faults-disk.ts'
import { insist } from './insist.ts'
import type { KvCheckContext } from './kv-check.ts'
import type { KvNode } from './kv-node.ts'
import type { KvUser } from './kv-user.ts'
import { writeSurely } from './persistence.ts'

const MIB = 1024 * 1024
/** Room for the files that some stores set aside when they start, 64 MiB each. */
const DISK_BYTES = 256 * MIB
const OLD_KEYS = 100
/** More than what is left of a block. */
const VALUE = 'does not fit any more. '.repeat(500)
/** What is acknowledged may be unsaved for 1.5 s by the contract, so a store has so long to notice; and a little more. */
const NOTICED_MS = 1700
const WRITES_MS = 3500
const EVERY_MS = 50
const TIMEOUT_MS = 3000

/** How it failed; or a sentence on what was, or could not be, tried. */
export async function playFullDisk(context: KvCheckContext): Promise<CheckFinding | string> {
  const disk = await mountSmallDisk(DISK_BYTES)
  if (typeof disk === 'string') return disk
  try {
    const cluster = await context.stoppedCluster({ size: 1, dataFolder: async () => await Promise.resolve(disk.folder) })
    const [node] = cluster.nodes
    if (node === undefined) throw new Error('Expected a cluster of one to have a node. This is a bug in Assay.')
    try {
      const whyNot = await whyNotStarted(cluster, node)
      if (whyNot !== null) {
        node.mayEnd('its disk is small')
        return `Full disks not attempted: a node does not start on a disk of ${DISK_BYTES / MIB} MiB. ${whyNot}`
      }
      return await play(context, cluster, node, disk)
    } finally {
      if (node.state !== 'down') await node.kill()
    }
  } finally {
    await disk.remove()
  }
}

async function play(context: KvCheckContext, cluster: KvCluster, node: KvNode, disk: SmallDisk): Promise<CheckFinding | string> {
  const user = context.user(node)
  const kept = new Map<string, string>()
  for (let at = 0; at < OLD_KEYS; at++) {
    const key = context.freshKey('old')
    kept.set(key, await writeSurely(context, user, key, `saved before ${at}`))
  }
  await context.patience.pause(NOTICED_MS)
  context.progress('the disk is full')
  await disk.fill()
  node.mayEnd('its disk is full')
  const { acknowledged, refused } = await writeOnFullDisk(context, user)
  for (const [key, value] of acknowledged) kept.set(key, value)
  await context.patience.pause(NOTICED_MS)
  await node.kill()
  await disk.relieve()
  const whyNot = await whyNotStarted(cluster, node)
  if (whyNot !== null) {
    const text = `Node ${node.name} was killed (kill -9) while its disk was full, and did not come back when it had room again. ${whyNot}`
    return failure('lost', `node ${node.name}`, text)
  }
  const lost = await findLost(context, user, kept)
  if (lost !== null) {
    const what = acknowledged.has(lost)
      ? 'acknowledged while its disk was full, 1.7 s and more after that had begun'
      : 'acknowledged long before its disk was full'
    return failure(
      'lost',
      `node ${node.name}`,
      `What node ${node.name} had ${what}, was not there after a kill -9 and a restart: key ${JSON.stringify(lost)}.`,
    )
  }
  return `With its disk full it lost nothing: ${refused} writes were refused, and ${acknowledged.size} acknowledged and kept.`
}

/** A disk that has room again is no reason for an end. One that is only slow to start says nothing. @throws CandidateFault for that. */
async function whyNotStarted(cluster: KvCluster, node: KvNode): Promise<string | null> {
  try {
    await cluster.start([node])
    return null
  } catch (error) {
    const exit = node.server.hasExited()
    if (!(error instanceof CandidateFault) || exit === null) throw error
    return exit.explanation
  }
}

/** What is acknowledged at first does not count: a store that saves in groups has not noticed yet. */
async function writeOnFullDisk(context: KvCheckContext, user: KvUser) {
  const startMs = context.nowMs()
  const acknowledged = new Map<string, string>()
  let refused = 0
  while (context.nowMs() - startMs < NOTICED_MS + WRITES_MS) {
    const key = context.freshKey('full')
    const calledAtMs = context.nowMs()
    const value = `${key} ${VALUE}`
    const { outcome } = await user.write(key, value, TIMEOUT_MS)
    if (outcome !== 'ok') refused += 1
    else if (calledAtMs - startMs > NOTICED_MS) acknowledged.set(key, value)
    await context.patience.pause(EVERY_MS)
  }
  return { acknowledged, refused }
}

async function findLost({ patience, nowMs }: KvCheckContext, user: KvUser, kept: ReadonlyMap<string, string>): Promise<string | null> {
  for (const [key, value] of kept) {
    const answer = await insist(patience, nowMs, `a GET of node ${user.node.name}`, async () => await user.read(key))
    if (answer.outcome !== 'ok' || answer.body.toString() !== value) return key
  }
  return null
}
