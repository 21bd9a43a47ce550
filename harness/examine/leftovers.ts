/** What members who left may have left behind: descriptors, memory, and a place in their channels that each send goes through. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { CheckEvidence } from '../record/check-record.ts'
import type { Actor } from './actor.ts'
import type { CheckContext, CheckFinding } from './check.ts'
import type { Scene } from './scene.ts'
import { sendCostUs } from './send-cost.ts'

/** A descriptor more for every twentieth visitor is no accident. */
const DESCRIPTORS_A_VISITOR = 0.05
const SPARE_DESCRIPTORS = 40
/** Going past one ghost costs at least some nanoseconds; right servers grow by none, and noise stays far below the floor. */
const GHOST_NS = 4
const COST_FLOOR_US = 40
const COST_FACTOR = 2.5
/** A JVM or a generous allocator settles high; a leak of this much a visitor does not settle. */
const BYTES_A_VISITOR = 24 * 1024
const MEMORY_FLOOR_BYTES = 160 * 1024 * 1024
const SETTLE_LOOKS = 30
const SETTLE_LOOK_MS = 100

export interface Leftovers {
  readonly wrong: string | null
  readonly figures: Record<string, number>
}

/** Takes figures before and after `visit`; on a server whose process is not known only sockets speak. */
export async function leftovers(
  context: CheckContext,
  scene: Scene,
  sender: Actor,
  channels: readonly string[],
  visitors: number,
  visit: () => Promise<void>,
): Promise<Leftovers> {
  const [channel = ''] = channels
  const costBefore = await sendCostUs(context, scene, sender, channel)
  const before = scene.server.sample()
  await visit()
  let costAfter = await sendCostUs(context, scene, sender, channel)
  if (costBefore === null || costAfter === null || before === null) return { wrong: null, figures: {} }
  // A second look: what is measured once may be somebody else's noise.
  if (hasGrown(costBefore, costAfter, visitors))
    costAfter = Math.min(costAfter, (await sendCostUs(context, scene, sender, channel)) ?? costAfter)
  const descriptorLimit = before.fds + SPARE_DESCRIPTORS + visitors * DESCRIPTORS_A_VISITOR
  let after = scene.server.sample() ?? before
  for (let look = 0; look < SETTLE_LOOKS && after.fds > descriptorLimit; look++) {
    await sleep(SETTLE_LOOK_MS)
    after = scene.server.sample() ?? after
  }
  const grownBytes = after.rssBytes - before.rssBytes
  const figures = {
    sendCostBeforeUs: round(costBefore),
    sendCostAfterUs: round(costAfter),
    descriptorsBefore: before.fds,
    descriptorsAfter: after.fds,
    memoryBeforeBytes: before.rssBytes,
    memoryAfterBytes: after.rssBytes,
  }
  if (after.fds > descriptorLimit) return { wrong: `the server had ${before.fds} descriptors open before and ${after.fds} after`, figures }
  if (hasGrown(costBefore, costAfter, visitors)) {
    const text = `a send to the same two members cost ${costBefore.toFixed(0)} µs of the server's CPU before and ${costAfter.toFixed(0)} µs after, as if those who left were still gone through`
    return { wrong: text, figures }
  }
  if (grownBytes > Math.max(MEMORY_FLOOR_BYTES, visitors * BYTES_A_VISITOR) && context.language !== 'java') {
    return { wrong: `its memory grew by ${Math.round(grownBytes / 1024 ** 2)} MiB`, figures }
  }
  return { wrong: null, figures }
}

export function ghostFinding(found: Leftovers, story: string): CheckFinding {
  const text = `${story}; ${found.wrong ?? ''}.`
  const evidence: CheckEvidence = {
    kind: 'growth',
    text,
    lanes: ['those who left', 'server'],
    events: [
      { lane: 'those who left', atMs: null, kind: 'close', text: story },
      { lane: 'server', atMs: null, kind: 'wrong', text: found.wrong ?? '' },
    ],
    occurrences: 1,
  }
  return { outcome: 'fail', reason: text, evidence: [evidence], figures: found.figures }
}

function hasGrown(beforeUs: number, afterUs: number, visitors: number): boolean {
  return afterUs - beforeUs > Math.max(COST_FLOOR_US, (visitors * GHOST_NS) / 1000) && afterUs > beforeUs * COST_FACTOR
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
