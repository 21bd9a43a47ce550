/** Whether the memory that grew while members came and went is kept for good: seen by letting as many come again, and again after a while. */
import { goesOnGrowing, stillGrows, type VisitSample } from '../judge/visitor-memory.ts'
import type { CheckContext } from './check.ts'
import { levelAfterCollecting } from './collector-turn.ts'
import type { Scene } from './scene.ts'

/** Samples are taken once in so many visitors. */
const VISITORS_A_SAMPLE = 100
/** Whoever remembers those who left for a while, so that they may come back, forgets them within this time. */
const FORGETTING_MS = 60_000
/** By the contract no server needs more; whoever grows and is past it is not made to take more of the machine. */
const CAP_BYTES = 2 * 1024 ** 3

/** Lets so many come and go; `look` is told how many have. */
export type Visit = (look: (visitors: number) => void) => Promise<void>

/** `steady`: not more than heaps do. `flattened`, `kept`: what further looks said. `uncollected`: it did not come to rest under messages alone. */
export type MemoryStory = 'steady' | 'flattened' | 'kept' | 'uncollected'

export interface VisitWatch {
  readonly samples: readonly VisitSample[]
  readonly look: (visitors: number) => void
}

export function watchVisits(scene: Scene): VisitWatch {
  const samples: VisitSample[] = []
  const look = (visitors: number): void => {
    if (visitors - (samples.at(-1)?.visitors ?? -Infinity) < VISITORS_A_SAMPLE) return
    const rssBytes = scene.server.sample()?.rssBytes
    if (rssBytes !== undefined) samples.push({ visitors, rssBytes })
  }
  look(0)
  return { samples, look }
}

/** After a first visit whose samples these are; visits again only where memory still grew at its end. */
export async function memoryStory(
  context: CheckContext,
  scene: Scene,
  samples: readonly VisitSample[],
  visit: Visit,
  leastEachBytes: number,
): Promise<{ readonly story: MemoryStory; readonly levels: readonly VisitSample[] }> {
  const levels: VisitSample[] = []
  if (!stillGrows(samples, leastEachBytes)) return { story: 'steady', levels }
  context.progress('memory grew with every visitor; more come, to see whether it goes on')
  let visitors = 0
  if (!(await addLevel(levels, context, scene, visitors))) return { story: 'uncollected', levels }
  for (const pauseMs of [0, FORGETTING_MS]) {
    await context.patience.pause(pauseMs, scene.server)
    const again = watchVisits(scene)
    await visit(again.look)
    visitors += again.samples.at(-1)?.visitors ?? 0
    if (!(await addLevel(levels, context, scene, visitors))) return { story: 'uncollected', levels }
    if (!goesOnGrowing(levels, leastEachBytes)) return { story: 'flattened', levels }
    if ((levels.at(-1)?.rssBytes ?? 0) > CAP_BYTES) break
  }
  return { story: 'kept', levels }
}

async function addLevel(levels: VisitSample[], context: CheckContext, scene: Scene, visitors: number): Promise<boolean> {
  const rssBytes = await levelAfterCollecting(context, scene)
  if (rssBytes !== null) levels.push({ visitors, rssBytes })
  return rssBytes !== null
}
