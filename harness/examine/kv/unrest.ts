/** Whether nodes come to rest once they agree. Where each tells the others again what it was told, all values are right, and nothing ever ends. */
import type { CheckFinding } from '../check.ts'
import { failure } from '../late-finding.ts'
import type { KvCluster } from './cluster.ts'
import { FaultyNetwork } from './faults-network.ts'
import type { KvCheckContext } from './kv-check.ts'

const SETTLES_MS = 300
const LOOK_MS = 1000
/** What never ends is there in each of so many looks; one look at rest ends them. */
const LOOKS = 5
/**
 * Below either of these nodes are at rest, all of them together: heartbeats and comparisons from time to time of some small keys stay far below
 * both, and only messages that beget messages take all the processors they can get.
 */
const LEAST_BYTES_A_SECOND = 512 * 1024
const LEAST_CORES = 0.5
/** It must be so many times what nodes send that were never written to, and take so many more cores than theirs: otherwise it is their way. */
const LEAST_FACTOR = 20
const MIB = 1024 * 1024

interface Doing {
  readonly bytesASecond: number
  readonly cores: number
}

/** Looks at nodes that agree on a few small keys; all their messages go through `network`. `null`: they are at rest, or as they always are. */
export async function findUnrest(context: KvCheckContext, cluster: KvCluster, network: FaultyNetwork): Promise<CheckFinding | null> {
  await context.patience.pause(SETTLES_MS)
  let least: Doing = { bytesASecond: Infinity, cores: Infinity }
  for (let look = 0; look < LOOKS; look++) {
    const doing = await lookAt(context, cluster, network)
    if (isAtRest(doing)) return null
    least = {
      bytesASecond: Math.min(doing.bytesASecond, least.bytesASecond),
      cores: Math.min(doing.cores, least.cores),
    }
  }
  await Promise.all(cluster.nodes.map(async node => await node.kill()))
  const before = await doingOfNewNodes(context)
  const isTheirWay = before.bytesASecond * LEAST_FACTOR > least.bytesASecond || least.cores - before.cores < LEAST_CORES
  if (isTheirWay) return null
  const figures = { unrestBytesPerSecond: Math.round(least.bytesASecond), unrestCores: least.cores }
  const text = `All nodes agreed and nothing was written for ${LOOKS} s, and still they sent each other ${(least.bytesASecond / MIB).toFixed(2)} MiB a second and more, and used ${least.cores.toFixed(1)} cores for it; before anything was written it was ${(before.bytesASecond / MIB).toFixed(2)} MiB. What a node is told it tells the others again, for ever.`
  return failure('growth', 'between the nodes', text, figures)
}

async function doingOfNewNodes(context: KvCheckContext): Promise<Doing> {
  const network = new FaultyNetwork(context)
  try {
    const cluster = await context.cluster({ route: network.route })
    await context.patience.pause(LOOK_MS)
    return await lookAt(context, cluster, network)
  } finally {
    await network.close()
  }
}

async function lookAt({ patience, nowMs }: KvCheckContext, cluster: KvCluster, network: FaultyNetwork): Promise<Doing> {
  const cpuSeconds = (): number => cluster.nodes.reduce((sum, node) => sum + (node.sample()?.cpuSeconds ?? 0), 0)
  const [fromMs, bytes, cpu] = [nowMs(), network.passedBytes, cpuSeconds()]
  await patience.pause(LOOK_MS)
  const seconds = (nowMs() - fromMs) / 1000
  return { bytesASecond: (network.passedBytes - bytes) / seconds, cores: (cpuSeconds() - cpu) / seconds }
}

function isAtRest({ bytesASecond, cores }: Doing): boolean {
  return bytesASecond < LEAST_BYTES_A_SECOND || cores < LEAST_CORES
}
