/** What members who left may have left behind: descriptors, memory, and a place in their channels that each send goes through. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { VisitSample } from '../judge/visitor-memory.ts'
import type { CheckEvidence } from '../record/check-record.ts'
import type { Actor } from './actor.ts'
import type { CheckContext, CheckFinding } from './check.ts'
import { memoryStory, type MemoryStory, type Visit, watchVisits } from './kept-memory.ts'
import type { Scene } from './scene.ts'
import { compareSendCosts, type SendCosts } from './send-cost.ts'

/** A descriptor more for every twentieth visitor is no accident. */
const DESCRIPTORS_A_VISITOR = 0.05
const SPARE_DESCRIPTORS = 40
/** A right server's two channels cost the same; a few thousand ghosts cost at least this much more, and this many times as much. */
const COST_DIFFERENCE_US = 8
const COST_FACTOR = 1.4
const SETTLE_LOOKS = 30
const SETTLE_LOOK_MS = 100

export interface Leftovers {
  /** `null` where nothing was found, or nothing could be seen: then `figures` is empty. */
  readonly wrong: string | null
  readonly figures: Record<string, number>
  /** `null` where memory was not judged. */
  readonly memory: MemoryStory | null
}

export interface VisitPlan {
  readonly visitors: number
  /** Takes in so many visitors, each time. */
  readonly visit: Visit
  /** Less than this of each visitor is not looked into: a server may have a record of the last so many requests, which fills for long. */
  readonly keptBytes: number
}

/** Takes figures before and after a visit; on a server whose process is not known only sockets speak. `sender` is a member of `channel`. */
export async function leftovers(
  context: CheckContext,
  scene: Scene,
  sender: Actor,
  channel: string,
  { visitors, visit, keptBytes }: VisitPlan,
): Promise<Leftovers> {
  const before = scene.server.sample()
  const memory = watchVisits(scene)
  await visit(memory.look)
  if (before === null) return { wrong: null, figures: {}, memory: null }
  const fresh = scene.freshChannel('unvisited')
  for (const member of scene.membersOf(channel)) await member.enter([fresh])
  let costs = await compareSendCosts(context, scene, sender, channel, fresh)
  // A second look: what is measured once may be somebody else's noise.
  if (costs !== null && isDearer(costs)) costs = await compareSendCosts(context, scene, sender, channel, fresh)
  const descriptorLimit = before.fds + SPARE_DESCRIPTORS + visitors * DESCRIPTORS_A_VISITOR
  let after = scene.server.sample() ?? before
  for (let look = 0; look < SETTLE_LOOKS && after.fds > descriptorLimit; look++) {
    await sleep(SETTLE_LOOK_MS)
    after = scene.server.sample() ?? after
  }
  const figures = {
    sendCostVisitedUs: round(costs?.visitedUs ?? 0),
    sendCostUnvisitedUs: round(costs?.freshUs ?? 0),
    sendCostDifferenceUs: round(costs?.differenceUs ?? 0),
    descriptorsBefore: before.fds,
    descriptorsAfter: after.fds,
    memoryBeforeBytes: before.rssBytes,
    memoryAfterBytes: after.rssBytes,
  }
  const wrong = whatIsWrong(costs, figures, descriptorLimit)
  if (wrong !== null || !judgesMemory(context)) return { wrong, figures, memory: null }
  const { story, levels } = await memoryStory(context, scene, memory.samples, visit, keptBytes)
  return { wrong: story === 'kept' ? keptText(figures, levels) : null, figures, memory: story }
}

interface MemoryFigures {
  readonly memoryBeforeBytes: number
  readonly memoryAfterBytes: number
}

function keptText({ memoryBeforeBytes, memoryAfterBytes }: MemoryFigures, levels: readonly VisitSample[]): string {
  const [first, last] = [levels[0], levels.at(-1)]
  if (first === undefined || last === undefined) throw new Error('Expected levels of memory that was found to be kept, got none.')
  const eachKiB = (last.rssBytes - first.rssBytes) / (last.visitors - first.visitors) / 1024
  return (
    `its memory went from ${inMib(memoryBeforeBytes)} to ${inMib(memoryAfterBytes)} MiB; while ${last.visitors} more came and went it went on ` +
    `from ${levels.map(({ rssBytes }) => inMib(rssBytes)).join(' to ')} MiB, looked at after messages had given a collector its turn: ` +
    `${eachKiB.toFixed(1)} KiB more with each of them`
  )
}

function whatIsWrong(
  costs: SendCosts | null,
  figures: { descriptorsBefore: number; descriptorsAfter: number },
  descriptorLimit: number,
): string | null {
  if (figures.descriptorsAfter > descriptorLimit) {
    return `the server had ${figures.descriptorsBefore} descriptors open before and ${figures.descriptorsAfter} after`
  }
  if (costs !== null && isDearer(costs)) {
    return `a send in a channel that they had been in cost ${costs.visitedUs.toFixed(0)} µs of the server's CPU, and ${costs.freshUs.toFixed(0)} µs to the same members of a channel that they had not, as if those who left were still gone through`
  }
  return null
}

/** A JVM's heap grows with whatever it is given before it collects, so that its level shows no leak. */
export function judgesMemory({ language }: Pick<CheckContext, 'language'>): boolean {
  return language !== 'java'
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

function isDearer(costs: SendCosts): boolean {
  return (
    costs.differenceUs > COST_DIFFERENCE_US &&
    costs.visitedUs - costs.freshUs > COST_DIFFERENCE_US &&
    costs.visitedUs > costs.freshUs * COST_FACTOR
  )
}

export function inMib(bytes: number): number {
  return Math.round(bytes / 1024 ** 2)
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
